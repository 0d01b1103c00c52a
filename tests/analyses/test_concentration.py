"""How few make 80 %: counted by hand, and against sorting everything."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmaudit.analyses.concentration import Concentration, concentrations
from llmaudit.store import Store

Fill = Callable[..., Store]


def found(store: Store) -> dict[str, Concentration]:
    store.bind("chosen", "select * from calls")
    return {each.of: each for each in concentrations(store)}


@pytest.mark.parametrize(
    ("costs", "items_for_80_percent", "items"),
    [
        (["1"] * 10, 8, 10),
        (["10"] * 3 + ["1"] * 10, 5, 13),  # 30 of 40, then two more of the ones reach 32
        (["80", "20"], 1, 2),
        (["79.999999999999", "20.000000000001"], 2, 2),
        (["5"], 1, 1),
        (["5", "0", "0", "0"], 1, 4),
        (["0.000000000001"] * 5, 4, 5),
        (["1000000", "0.000000000001"], 1, 2),
        ([None, "1", None], 1, 1),
    ],
)
def test_calls(fill: Fill, costs: list[str | None], items_for_80_percent: int, items: int) -> None:
    calls = found(fill(*({"effective_cost": cost} for cost in costs)))["calls"]
    assert (calls.items_for_80_percent, calls.items) == (items_for_80_percent, items)
    assert calls.share_for_80_percent == items_for_80_percent / items


def test_users_are_summed_first_and_nobody_is_not_a_user(fill: Fill) -> None:
    store = fill(
        *[{"user_id": "a", "effective_cost": "1"}] * 60,
        {"user_id": "b", "effective_cost": "25"},
        {"user_id": "c", "effective_cost": "0.5"},
        {"user_id": None, "effective_cost": "1000"},
    )
    assert found(store)["user"] == Concentration("user", 3, Decimal("85.5"), 2, 2 / 3)
    assert found(store)["feature"] == Concentration("feature", 0, Decimal(0), None, None)


def test_no_calls(store: Store) -> None:
    assert found(store)["calls"] == Concentration("calls", 0, Decimal(0), None, None)


_COSTS = st.lists(
    st.one_of(
        st.none(),
        st.decimals(min_value=0, max_value=1000, places=12),
        st.sampled_from([Decimal("0.001"), Decimal("0.002"), Decimal(3)]),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(costs=_COSTS)
def test_as_sorting_every_call_would_say(fill: Fill, costs: list[Decimal | None]) -> None:
    calls = found(fill(*({"effective_cost": cost} for cost in costs)))["calls"]
    known = sorted((cost for cost in costs if cost is not None), reverse=True)
    reached, needed = Decimal(0), 0
    while reached * 10 < sum(known) * 8:
        reached += known[needed]
        needed += 1
    assert calls.items == len(known)
    assert calls.items_for_80_percent == (needed or None)
