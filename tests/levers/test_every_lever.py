"""Laws of the engine that hold for every lever and any plan of them, on random small logs."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmaudit.levers.answer import Waterfall
from llmaudit.levers.registry import all_levers
from llmaudit.levers.waterfall import waterfall
from llmaudit.plan import planned
from llmaudit.store import Store, open_store
from tests.calls import fill

Step = dict[str, dict[str, Any]]
STEPS: Mapping[str, Sequence[dict[str, Any]]] = {
    "route": (
        {"from": "gpt-4o", "to": "gpt-4o-mini"},
        {"from": "*", "to": "gpt-4o-mini", "share": 0.5, "router": {"model": "gpt-4o-mini", "tokens_per_call": 90}},
    ),
    "prompt_cache": (
        {"ttl": "auto"},
        {"ttl": "1h", "scope": "global", "rules": {"min_tokens": 0, "write_multiplier": 1.25, "read_multiplier": 0.1}},
    ),
    "response_cache": ({"ttl": "24h"}, {"ttl": "1h", "max_entries": 1, "coalesce": True, "scope": "tier"}),
    "trim": ({"top_k": 2}, {"top_k": 1, "history": {"keep_turns": 0, "summary_tokens": 10}}),
    "batch": ({},),
}
FEATURES = ("a", "b", "c")


@st.composite
def calls(draw: st.DrawFn) -> dict[str, Any]:
    blocks = draw(st.lists(st.integers(1, 2), min_size=1, max_size=4))
    chain = [int("".join(map(str, blocks[: place + 1]))) for place in range(len(blocks))]
    context, history = draw(st.integers(0, 400)), draw(st.integers(0, 400))
    tokens = 500 * len(blocks) + draw(st.integers(0, 400)) + context + history
    return {
        "feature": draw(st.sampled_from(FEATURES)),
        "tier": draw(st.sampled_from(["free", "paid"])),
        "started_at": f"2026-10-{draw(st.integers(1, 3)):02} 12:00:{draw(st.integers(0, 59)):02}",
        "response_model": draw(st.sampled_from(["gpt-4o-2024-08-06", "gpt-4.1"])),
        "temperature": draw(st.sampled_from([0.0, 0.0, 1.0])),
        "request_hash": draw(st.integers(1, 3)),
        "complexity": draw(st.sampled_from(["simple", "complex"])),
        "prefix_hashes": chain,
        "prefix_block_tokens": 500.0,
        "input_tokens": tokens,
        "output_tokens": draw(st.integers(0, 300)),
        "system_tokens": 300,
        "user_tokens": draw(st.integers(0, 50)),
        "context_documents": draw(st.integers(0, 5)),
        "context_tokens": context,
        "history_tokens": history,
        "duration_seconds": draw(st.sampled_from([None, 0.5, 30.0])),
    }


def steps(when: st.SearchStrategy[str]) -> st.SearchStrategy[Step]:
    """Any lever with any of its settings, on some of the calls."""
    return st.sampled_from(sorted(STEPS)).flatmap(
        lambda lever: st.builds(lambda said, on: {lever: {**said, "when": on}}, st.sampled_from(STEPS[lever]), when)
    )


SOME = st.sampled_from(["true", "complexity = 'simple'", "feature <> 'a'"])
LOGS = st.lists(calls(), min_size=1, max_size=10)


def replayed(store: Store, plan: Sequence[Step]) -> Waterfall:
    return waterfall(store, planned(plan))


@settings(max_examples=25)
@given(log=LOGS, plan=st.lists(steps(SOME), min_size=1, max_size=4))
def test_the_steps_of_any_plan_add_up_and_no_call_is_lost(log: list[dict[str, Any]], plan: list[Step]) -> None:
    with open_store(":memory:") as store:
        fill(store, log)
        before = store.rows("select * exclude (call_id), call_id from calls order by call_id")
        found = replayed(store, plan)
        assert found.baseline_cost == store.value("select sum(effective_cost) from calls")
        assert found.baseline_cost - found.projected_cost == sum((one.saving for one in found.steps), Decimal(0))
        for one, following in zip(found.steps, found.steps[1:], strict=False):
            assert one.cost_after == following.cost_before
        for one in found.steps:
            assert sum(one.basis.values(), Decimal(0)) == one.saving
            assert 0 <= one.calls_changed <= len(log)
        assert store.value("select count(distinct call_id) from replayed") == found.calls == len(log)
        left = store.value("select cast(sum(cost) as decimal(38, 12)) from replayed")
        made = sum(Decimal(one.facts.get(name) or 0) for one in found.steps for name in ("router_cost", "summary_cost"))
        assert found.projected_cost == left + made
        assert store.rows("select * exclude (call_id), call_id from calls order by call_id") == before


@settings(max_examples=12)
@given(log=LOGS, plan=st.lists(steps(SOME), min_size=1, max_size=3), idle=steps(st.just("1 = 0")), data=st.data())
def test_a_step_on_no_call_saves_nothing_and_moves_nothing(
    log: list[dict[str, Any]], plan: list[Step], idle: Step, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(plan)))
    with open_store(":memory:") as store:
        fill(store, log)
        plainly = replayed(store, plan)
        found = replayed(store, [*plan[:place], idle, *plan[place:]])
        nothing = found.steps[place]
        assert (nothing.saving, nothing.calls_changed) == (Decimal(0), 0)
        rest = [one for number, one in enumerate(found.steps) if number != place]
        assert [one.saving for one in rest] == [one.saving for one in plainly.steps]


@settings(max_examples=5)
@given(log=LOGS, levers=st.permutations(sorted(STEPS)).map(lambda some: some[:3]), data=st.data())
def test_steps_on_different_calls_may_be_taken_in_any_order(
    log: list[dict[str, Any]], levers: list[str], data: st.DataObject
) -> None:
    """Rates that a plan overrides (`rules` with multipliers) are for all calls of a model, and so not among these."""
    plan = [
        {lever: {**STEPS[lever][0], "when": f"feature = '{feature}'"}}
        for lever, feature in zip(levers, FEATURES, strict=True)
    ]
    with open_store(":memory:") as store:
        fill(store, log)
        savings = {
            tuple(sorted((one.lever, one.saving) for one in replayed(store, order).steps))
            for order in permutations(plan)
        }
    assert len(savings) == 1


def test_order_matters_where_steps_meet() -> None:
    """100,000 tokens are $0.25, routed $0.015: what the cache spares depends on the order, the total does not."""
    asked = {"temperature": 0.0, "request_hash": 1, "feature": "faq", "output_tokens": 0, "input_tokens": 100_000}
    log = [{**asked, "started_at": f"2026-10-01 12:0{minute}:00"} for minute in (0, 1)]
    route, cache = {"route": {"from": "gpt-4o", "to": "gpt-4o-mini"}}, {"response_cache": {"ttl": "24h"}}
    with open_store(":memory:") as store:
        fill(store, log)
        first, second = replayed(store, [route, cache]), replayed(store, [cache, route])
    assert [one.saving for one in first.steps] == [Decimal("0.470"), Decimal("0.015")]
    assert [one.saving for one in second.steps] == [Decimal("0.25"), Decimal("0.235")]
    assert first.saving == second.saving == Decimal("0.485")


def test_every_lever_is_held_to_these_laws() -> None:
    assert all_levers().keys() == STEPS.keys()


@pytest.mark.parametrize("lever", sorted(STEPS))
def test_every_lever_changes_something_somewhere(lever: str) -> None:
    """The laws above would hold of levers that never do anything: here each has what it needs."""
    call = {
        **{"feature": "a", "temperature": 0.0, "request_hash": 1, "input_tokens": 4_000, "system_tokens": 1_000},
        **{"prefix_hashes": list(range(8)), "prefix_block_tokens": 500.0, "context_documents": 5},
        **{"context_tokens": 2_000, "history_tokens": 0, "user_tokens": 10, "output_tokens": 10},
    }
    with open_store(":memory:") as store:
        fill(store, [{**call, "started_at": f"2026-10-01 12:0{minute}:00"} for minute in range(3)])
        (step,) = replayed(store, [{lever: dict(STEPS[lever][0])}]).steps
    assert step.calls_changed > 0
    assert step.saving > 0
