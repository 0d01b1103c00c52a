"""Pareto curves against sorting every item."""

from collections.abc import Callable
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmaudit.analyses.pareto import Curve, Point, curves
from llmaudit.store import Store

Fill = Callable[..., Store]


def found(store: Store) -> dict[str, Curve]:
    store.bind("chosen", "select * from calls")
    return {curve.of: curve for curve in curves(store)}


def test_by_hand(fill: Fill) -> None:
    store = fill(
        {"effective_cost": "6", "user_id": "a"},
        {"effective_cost": "3", "user_id": "b"},
        {"effective_cost": "1", "user_id": "b"},
        {"effective_cost": None, "user_id": "b"},
        {"effective_cost": "0", "user_id": None},
    )
    assert found(store)["calls"].points == (
        Point(1, 0.25, Decimal(6), 0.6),
        Point(2, 0.5, Decimal(9), 0.9),
        Point(3, 0.75, Decimal(10), 1.0),
        Point(4, 1.0, Decimal(10), 1.0),
    )
    assert found(store)["user"].points == (Point(1, 0.5, Decimal(6), 0.6), Point(2, 1.0, Decimal(10), 1.0))


def test_there_is_no_curve_of_nothing(fill: Fill) -> None:
    assert found(fill({"effective_cost": "0"}, {"effective_cost": None})) == {}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(costs=st.lists(st.decimals(min_value=0, max_value=500, places=12), min_size=1, max_size=300))
def test_every_point_is_the_sum_of_the_dearest(fill: Fill, costs: list[Decimal]) -> None:
    curve = found(fill(*({"effective_cost": str(cost)} for cost in costs))).get("calls")
    if not sum(costs):
        assert curve is None
        return
    assert curve is not None
    dearest = sorted(costs, reverse=True)
    assert curve.points[-1].items == len(costs)
    assert len(curve.points) <= 201
    for point in curve.points:
        assert point.cost == sum(dearest[: point.items])
        assert point.items_share == point.items / len(costs)
        assert point.cost_share == float(point.cost / sum(costs))
