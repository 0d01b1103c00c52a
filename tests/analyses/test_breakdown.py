"""Breakdowns of a few calls, worked out by hand."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from llmaudit.analyses.breakdown import Breakdown, breakdown
from llmaudit.analyses.conditions import condition
from llmaudit.analyses.dimensions import dimensions
from llmaudit.analyses.facts import CostPart
from llmaudit.analyses.periods import Period
from llmaudit.errors import ConfigError, NothingMeasured
from llmaudit.prices import PriceOverrides
from llmaudit.pricing import reprice_if_changed
from llmaudit.store import Store

Fill = Callable[..., Store]
EVER = Period()


def by_model(store: Store, top: int | None = None) -> Breakdown:
    return breakdown(store, by=dimensions(["model"]), period=EVER, top=top)


def costing(model: str | None, cost: str | None, **more: Any) -> dict[str, Any]:
    return {"response_model": model, "effective_cost": cost, "list_cost": cost, **more}


# 50 + 30 + 15 + 5 dollars: the first two models reach exactly 80.
HUNDRED = (
    [costing("a", "10")] * 5 + [costing("b", "10")] * 3 + [costing("c", "1")] * 15 + [costing("d", "1")] * 5
)  # fmt: skip


def test_shares_and_the_80_percent_line(fill: Fill) -> None:
    found = by_model(fill(*HUNDRED))
    assert [
        (*group.key, group.measures.effective_cost, group.share, group.cumulative_share) for group in found.groups
    ] == [
        ("a", Decimal(50), 0.5, 0.5),
        ("b", Decimal(30), 0.3, 0.8),
        ("c", Decimal(15), 0.15, 0.95),
        ("d", Decimal(5), 0.05, 1.0),
    ]
    assert found.groups_for_80_percent == 2
    assert found.total.effective_cost == Decimal(100)
    assert found.total.calls == 28


def test_the_group_that_crosses_the_line_counts(fill: Fill) -> None:
    found = by_model(fill(costing("a", "79.99"), costing("b", "20.01")))
    assert found.groups_for_80_percent == 2


def test_the_others_are_one_row_and_nothing_is_lost(fill: Fill) -> None:
    found = by_model(fill(*HUNDRED), top=1)
    assert [
        (group.key, group.measures.effective_cost, group.measures.calls, group.others) for group in found.groups
    ] == [
        (("a",), Decimal(50), 5, 0),
        ((None,), Decimal(50), 23, 3),
    ]
    assert found.groups_for_80_percent is None
    assert found.total.effective_cost == Decimal(100)


def test_a_top_that_holds_all_leaves_no_others(fill: Fill) -> None:
    assert [group.others for group in by_model(fill(*HUNDRED), top=4).groups] == [0, 0, 0, 0]


def test_equal_costs_have_an_order_of_their_own(fill: Fill) -> None:
    found = by_model(fill(costing("b", "1"), costing(None, "1"), costing("a", "1")))
    assert [group.key for group in found.groups] == [("a",), ("b",), (None,)]


def test_calls_without_a_price_are_counted_and_not_free(fill: Fill) -> None:
    found = by_model(fill(costing("a", "2", input_tokens=5, output_tokens=1), costing("new", None, provider_name="p")))
    assert found.total.unpriced_calls == 1
    assert found.total.effective_cost == Decimal(2)
    assert [(each.provider_name, each.model, each.calls, each.uncounted_calls) for each in found.unpriced] == [
        ("p", "new", 1, 1)
    ]
    assert found.coverage.uncounted_calls == 1


def test_nothing_cost_anything(fill: Fill) -> None:
    found = by_model(fill(costing("a", "0"), costing("b", None)))
    assert [group.share for group in found.groups] == [None, None]
    assert found.groups_for_80_percent is None
    assert {each.items_for_80_percent for each in found.concentration} == {None}


def test_times_are_cut_in_utc(fill: Fill) -> None:
    store = fill(
        costing("a", "1", started_at="2026-10-01 23:59:59.999999"),
        costing("a", "2", started_at="2026-10-04 00:00:00"),
        costing("a", "4", started_at="2026-10-05 00:00:00"),
        costing("a", "8"),
    )

    def keys(by: str) -> list[tuple[Any, Decimal]]:
        found = breakdown(store, by=dimensions([by]), period=EVER)
        return [(group.key[0], group.measures.effective_cost) for group in found.groups]

    assert keys("day") == [
        (None, Decimal(8)),
        (date(2026, 10, 5), Decimal(4)),
        (date(2026, 10, 4), Decimal(2)),
        (date(2026, 10, 1), Decimal(1)),
    ]
    # 28 September and 5 October 2026 are Mondays.
    assert keys("week") == [(None, Decimal(8)), (date(2026, 10, 5), Decimal(4)), (date(2026, 9, 28), Decimal(3))]
    assert keys("month") == [(None, Decimal(8)), (date(2026, 10, 1), Decimal(7))]
    assert keys("hour")[-1] == (datetime(2026, 10, 1, 23), Decimal(1))


def test_a_period_has_its_start_and_not_its_end(fill: Fill) -> None:
    store = fill(
        costing("a", "1", started_at="2026-10-01 00:00:00"),
        costing("a", "2", started_at="2026-10-01 23:59:59"),
        costing("a", "4", started_at="2026-10-02 00:00:00"),
        costing("a", "8"),
    )
    october_1 = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 2, tzinfo=UTC))
    found = breakdown(store, by=dimensions(["model"]), period=october_1)
    assert found.total.effective_cost == Decimal(3)
    assert found.coverage.untimed_calls == 1


def test_several_dimensions_and_a_tag(fill: Fill) -> None:
    store = fill(
        costing("a", "1", tags={"team's": "x"}, feature="f"),
        costing("a", "2", tags={"team's": "x"}, feature="f"),
        costing("a", "4", tags={"other": "x"}, feature="f"),
        costing("a", "8", feature="g"),
    )
    found = breakdown(store, by=dimensions(["feature,tag:team's", "model"]), period=EVER)
    assert [(group.key, group.measures.effective_cost) for group in found.groups] == [
        (("g", None, "a"), Decimal(8)),
        (("f", None, "a"), Decimal(4)),
        (("f", "x", "a"), Decimal(3)),
    ]


def test_a_condition_leaves_out_what_it_does_not_hold_for(fill: Fill) -> None:
    store = fill(costing("a", "1", feature="f", input_tokens=10), costing("a", "2", feature="f", input_tokens=20))
    checked = condition("feature = 'f' and input_tokens > 10")
    found = breakdown(store, by=dimensions(["model"]), period=EVER, where=checked)
    assert (found.total.calls, found.total.effective_cost) == (1, Decimal(2))


def test_an_empty_store_is_no_answer(store: Store) -> None:
    with pytest.raises(NothingMeasured, match="no call has been read yet") as caught:
        by_model(store)
    assert caught.value.hint == "llmaudit ingest PATH… reads logs"


def test_a_condition_that_nothing_meets_is_no_answer(fill: Fill) -> None:
    store = fill(costing("a", "1", started_at="2026-10-01 00:00:00"))
    with pytest.raises(NothingMeasured, match="no call matches") as caught:
        breakdown(store, by=dimensions(["model"]), period=EVER, where=condition("feature = 'f'"))
    assert caught.value.hint == "the store has calls from 2026-10-01 to 2026-10-01"


@pytest.mark.parametrize(
    ("names", "message", "hint"),
    [
        (["modle"], "calls are not grouped by 'modle'", "did you mean model?"),
        (["model,model"], "model is given twice", None),
        (["tag:"], "calls are not grouped by 'tag:'", "one of provider"),
        ([], "name at least one", "one of provider"),
    ],
)
def test_a_dimension_that_is_none(names: list[str], message: str, hint: str | None) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        dimensions(names)
    assert hint is None or hint in str(caught.value.hint)


def test_the_log_s_own_cost_is_compared_where_both_are_known(fill: Fill) -> None:
    found = by_model(
        fill(
            costing("a", "1.00", reported_cost="1.01"),  # exactly 1 % more: not more than that
            costing("a", "2.00", reported_cost="2.10"),
            costing("a", "4.00"),
            costing("new", None, reported_cost="8.00"),
        )
    )
    assert found.reported is not None
    assert (found.reported.calls, found.reported.reported_cost, found.reported.effective_cost) == (
        2,
        Decimal("3.11"),
        Decimal("3.00"),
    )
    assert found.reported.difference == Decimal("0.11")
    assert found.reported.differing_calls == 1


def test_the_parts_of_the_cost(fill: Fill) -> None:
    # USD per million tokens: the costs below are counted in millionths.
    prices = {
        "input": 3,
        "cache_read": "0.3",
        "cache_write": "3.75",
        "cache_write_1h": 6,
        "output": 15,
        "per_call": "0.01",
    }
    store = fill(
        {
            "provider_name": "ours",
            "response_model": "m",
            "input_tokens": 1_000,  # 100 uncached, 600 read, 200 written for minutes, 100 for an hour
            "cache_read_input_tokens": 600,
            "cache_creation_input_tokens": 300,
            "cache_creation_1h_input_tokens": 100,
            "output_tokens": 10,
            "started_at": "2026-10-01",
        },
        {
            "provider_name": "ours",
            "response_model": "m",
            "input_tokens": 50,
            "output_tokens": 0,
            "response_cache_hit": True,
        },
    )
    reprice_if_changed(store, PriceOverrides.model_validate({"m": prices}))
    found = by_model(store)
    assert found.total.effective_cost == Decimal("0.01198")
    assert [(part.part, part.effective_cost) for part in found.split] == [
        ("input", Decimal("0.0003")),
        ("cache_read", Decimal("0.00018")),
        ("cache_write", Decimal("0.00135")),  # 200 × 3.75 + 100 × 6
        ("output", Decimal("0.00015")),
        ("request", Decimal("0.01")),
    ]


def test_a_cost_without_rates_is_not_hidden(fill: Fill) -> None:
    found = by_model(fill(costing("a", "3")))
    assert found.split[-1] == CostPart("unsplit", Decimal(3), 1.0)
