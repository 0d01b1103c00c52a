"""Whatever calls are grouped by, the groups add up to the store, to the last decimal."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmaudit.analyses.breakdown import breakdown
from llmaudit.analyses.dimensions import DIMENSIONS, dimensions
from llmaudit.analyses.periods import Period
from llmaudit.analyses.rated import bind_rated, rated_select
from llmaudit.prices import PriceOverrides
from llmaudit.pricing import PRICE, reprice_if_changed
from llmaudit.store import Store

Fill = Callable[..., Store]

_NAMES = st.one_of(st.none(), st.sampled_from(["", "a", "b", "ü", "[red]x[/red]", "o'clock"]))
_MODELS = ["gpt-4o-2024-08-06", "claude-sonnet-4-20250514", "deepseek-chat", "x", None]
_TOKENS = st.one_of(st.none(), st.integers(0, 400_000))
_CALLS = st.lists(
    st.fixed_dictionaries(
        {
            "provider_name": st.sampled_from(["openai", "anthropic", "deepseek", None]),
            "response_model": st.sampled_from(
                ["gpt-4o-2024-08-06", "claude-sonnet-4-20250514", "deepseek-chat", "x", None]
            ),
            "service_tier": st.sampled_from(["standard", "batch"]),
            "feature": _NAMES,
            "user_id": _NAMES,
            "tags": st.one_of(st.none(), st.just({}), st.fixed_dictionaries({"team": st.sampled_from(["a", "b"])})),
            "status": st.sampled_from(["ok", "error"]),
            "started_at": st.one_of(st.none(), st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31))),
            "input_tokens": _TOKENS,
            "output_tokens": _TOKENS,
            "share_read": st.sampled_from([None, 0, 3, 4]),
            "share_written": st.sampled_from([None, 0, 3]),
        }
    ),
    min_size=1,
    max_size=25,
)
_BY = st.lists(st.sampled_from([*DIMENSIONS, "tag:team"]), min_size=1, max_size=3, unique=True)


def _call(drawn: dict[str, Any]) -> dict[str, Any]:
    read, written = drawn.pop("share_read"), drawn.pop("share_written")
    tokens = drawn["input_tokens"] or 0
    drawn["cache_read_input_tokens"] = None if read is None else tokens // read if read else 0
    drawn["cache_creation_input_tokens"] = None if written is None else tokens // written if written else 0
    drawn["cache_creation_1h_input_tokens"] = (drawn["cache_creation_input_tokens"] or 0) // 2
    return drawn


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=_CALLS, by=_BY, top=st.one_of(st.none(), st.integers(1, 4)))
def test_groups_and_parts_add_up_to_the_store(
    fill: Fill, drawn: list[dict[str, Any]], by: list[str], top: int | None
) -> None:
    store = fill(*(_call(dict(each)) for each in drawn))
    store.run("delete from meta where name = 'price_book'")
    reprice_if_changed(store, PriceOverrides())
    found = breakdown(store, by=dimensions(by), period=Period(), top=top)
    calls, cost, unpriced, tokens = store.rows("""
        select count(*), coalesce(sum(effective_cost), 0), count(*) - count(effective_cost),
            coalesce(sum(input_tokens), 0)
        from calls""")[0]
    assert (found.total.calls, found.total.effective_cost, found.total.unpriced_calls) == (calls, cost, unpriced)
    assert found.total.input_tokens == tokens
    assert sum(group.measures.effective_cost for group in found.groups) == cost
    assert sum(group.measures.calls for group in found.groups) == calls
    assert sum(part.effective_cost for part in found.split) == cost
    assert [part.part for part in found.split] == ["input", "cache_read", "cache_write", "output", "request"]
    assert top is None or len(found.groups) <= top + 1
    assert found.groups[-1].cumulative_share in (1.0, None)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=_CALLS)
def test_each_part_is_what_the_pricing_query_says_of_it_alone(fill: Fill, drawn: list[dict[str, Any]]) -> None:
    """With every price but one set to zero, the pricing query itself says what that one makes."""
    store = fill(*(_call(dict(each)) for each in drawn))
    store.run("delete from meta where name = 'price_book'")
    reprice_if_changed(store, PriceOverrides())
    found = breakdown(store, by=dimensions(["model"]), period=Period())
    parts = {part.part: part.effective_cost for part in found.split}
    store.bind(
        "unpriced", "select * exclude (list_cost, effective_cost, price_basis) from calls where effective_cost > 0"
    )
    meters = {"input": ["input"], "cache_read": ["cache_read"], "cache_write": ["cache_write", "cache_write_1h"]}
    meters |= {"output": ["output"], "request": ["call"]}
    everything = [meter for names in meters.values() for meter in names]
    store.run("create or replace temp table true_rates as select * from main.rates")
    for part, kept in meters.items():
        zeros = ", ".join(
            f"cast(0 * effective_{meter} as decimal(18, 12)) as effective_{meter}"
            for meter in everything
            if meter not in kept
        )
        store.bind("rates", f"select * replace ({zeros}) from true_rates")
        alone = store.value(f"select coalesce(sum(effective_cost), 0) from ({PRICE})")
        assert parts[part] == Decimal(alone), part
    store.run("drop view rates")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=_CALLS)
def test_the_short_join_finds_the_same_rates_as_the_whole_one(fill: Fill, drawn: list[dict[str, Any]]) -> None:
    store = fill(*(_call(dict(each)) for each in drawn))
    store.run("delete from meta where name = 'price_book'")
    reprice_if_changed(store, PriceOverrides())
    store.bind("chosen", "select * from calls")
    bind_rated(store)
    chosen = "select call_id, rate_row from ({}) order by call_id"
    assert store.rows(chosen.format("select * from rated")) == store.rows(chosen.format(rated_select()))
