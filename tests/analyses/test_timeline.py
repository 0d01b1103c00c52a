"""Cost and failures in the order of time, by hand and against counting in plain Python."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmaudit.analyses.dimensions import DIMENSIONS
from llmaudit.analyses.facts import Coverage
from llmaudit.analyses.timeline import Cell, Failing, failures, over_time, unit_of
from llmaudit.store import Store

Fill = Callable[..., Store]
FEATURE = DIMENSIONS["feature"]


@pytest.mark.parametrize(("days", "unit"), [(1, "day"), (62, "day"), (63, "week"), (370, "week"), (371, "month")])
def test_a_span_is_shown_by_day_week_or_month(days: int, unit: str) -> None:
    first = datetime(2026, 1, 1, 23)
    assert unit_of(Coverage(1, 0, 0, 0, first, first + timedelta(days=days - 1))) == unit


def test_the_dearest_series_have_names_and_the_others_are_one(fill: Fill) -> None:
    store = fill(
        {"started_at": "2026-10-01 23:59:59", "feature": "a", "effective_cost": "5"},
        {"started_at": "2026-10-01 00:00:00", "feature": "b", "effective_cost": "1"},
        {"started_at": "2026-10-02 00:00:00", "feature": "c", "effective_cost": "2"},
        {"started_at": "2026-10-02 00:00:00", "feature": None, "effective_cost": "3"},
        {"started_at": "2026-10-02 12:00:00", "feature": "b", "effective_cost": None},
        {"started_at": None, "feature": "a", "effective_cost": "4"},
    )
    store.bind("chosen", "select * from calls")
    found = over_time(store, unit="day", by=FEATURE, top=2)
    assert found.cells == (
        Cell(date(2026, 10, 1), "a", False, 1, Decimal(5), 0),
        Cell(date(2026, 10, 1), None, True, 1, Decimal(1), 0),
        Cell(date(2026, 10, 2), None, False, 1, Decimal(3), 0),
        Cell(date(2026, 10, 2), None, True, 2, Decimal(2), 1),
        Cell(None, "a", False, 1, Decimal(4), 0),
    )


def test_failures_stand_in_their_hour(fill: Fill) -> None:
    store = fill(
        *[{"started_at": "2026-10-14 13:31:00", "status": "error"}] * 3,
        {"started_at": "2026-10-14 13:59:59", "status": "ok"},
        {"started_at": "2026-10-14 14:00:00", "status": "ok"},
        {"started_at": "2026-10-15 09:00:00", "status": "timeout"},
        {"started_at": "2026-10-15 09:30:00", "status": "rate_limited"},
        {"started_at": None, "status": "cancelled"},
        {"started_at": None, "status": None},
    )
    store.bind("chosen", "select * from calls")
    assert failures(store, unit="day").stretches == (
        Failing(datetime(2026, 10, 14, 13), 4, 3, 0, 0, 0),
        Failing(datetime(2026, 10, 15, 9), 2, 0, 1, 1, 0),
        Failing(None, 2, 0, 0, 0, 1),
    )
    assert failures(store, unit="week").stretches[0] == Failing(datetime(2026, 10, 12), 7, 3, 1, 1, 0)


_CALLS = st.lists(
    st.fixed_dictionaries(
        {
            "started_at": st.one_of(st.none(), st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 9))),
            "feature": st.one_of(st.none(), st.sampled_from("abcdef")),
            "effective_cost": st.one_of(st.none(), st.integers(0, 9).map(lambda cents: Decimal(cents).scaleb(-2))),
        }
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=_CALLS, top=st.integers(1, 7))
def test_every_call_is_in_one_cell(fill: Fill, calls: list[dict[str, Any]], top: int) -> None:
    store = fill(*calls)
    store.bind("chosen", "select * from calls")
    of_feature: dict[str | None, Decimal] = defaultdict(Decimal)
    for call in calls:
        of_feature[call["feature"]] += call["effective_cost"] or 0
    ranked = sorted(of_feature, key=lambda name: (-of_feature[name], name is None, name or ""))
    wanted: dict[tuple[Any, Any, bool], list[Decimal | None]] = defaultdict(list)
    for call in calls:
        day = call["started_at"] and call["started_at"].date()
        other = ranked.index(call["feature"]) >= top
        wanted[day, None if other else call["feature"], other].append(call["effective_cost"])
    found = over_time(store, unit="day", by=FEATURE, top=top).cells
    assert {
        (cell.start, cell.series, cell.other): (cell.calls, cell.effective_cost, cell.unpriced_calls) for cell in found
    } == {
        key: (len(costs), sum(cost or 0 for cost in costs), sum(cost is None for cost in costs))
        for key, costs in wanted.items()
    }
    assert len(found) == len(wanted)
