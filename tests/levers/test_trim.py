"""Trim: examples worked by hand, equality with a plain replay, and a case in which trimming loses money."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from llmaudit.errors import ConfigError
from llmaudit.levers import prompt_cache
from llmaudit.levers.answer import Waterfall
from llmaudit.levers.lever import Basis
from llmaudit.levers.trim import LEVER
from llmaudit.store import Store, open_store
from tests.levers.conftest import replay_plan
from tests.levers.inputs import bind_input, changes_of
from tests.levers.trim_oracle import trim

Replay = Callable[..., Waterfall]
RAG: dict[str, Any] = {
    "input_tokens": 3_000,
    "system_tokens": 400,
    "tool_definition_tokens": 100,
    "context_tokens": 2_450,
    "context_documents": 10,
    "history_tokens": 0,
    "user_tokens": 50,
    "output_tokens": 100,
    "status": "ok",
}


def _turn(number: int, history: int, **more: Any) -> dict[str, Any]:
    return {
        "conversation_id": "talk",
        "started_at_us": number * 1_000_000,
        "input_tokens": 500 + history,
        "system_tokens": 400,
        "history_tokens": history,
        "user_tokens": 100,
        "output_tokens": 100,
        "context_tokens": 0,
        "context_documents": 0,
        "provider_name": "openai",
        "response_model": "gpt-4o",
        "status": "ok",
        **more,
    }


def test_seven_of_ten_documents_leave_the_prompt(store: Store) -> None:
    """2,450 tokens of 10 documents are 735 of 3: the prompt goes from 3,000 to 1,285."""
    bind_input(store, [RAG])
    changed, outcome = changes_of(store, LEVER, {"top_k": 3})
    assert changed == {1: {"basis": "estimated", "input_tokens": 1_285, "context_tokens": 735, "context_documents": 3}}
    assert (outcome.facts["documents_dropped"], outcome.facts["tokens_dropped"]) == (7, 1_715)


# Ten documents of 2,450 tokens; what the first three have stays.
COUNTED = {**RAG, "context_document_tokens": [500, 400, 300, 250, 200, 200, 200, 200, 100, 100]}


def test_documents_that_were_counted_leave_with_exactly_their_tokens(store: Store) -> None:
    """The first 3 of 10 have 500 + 400 + 300 = 1,200 of 2,450 tokens; 1,250 leave, an even share would be 1,715."""
    bind_input(store, [COUNTED])
    changed, outcome = changes_of(store, LEVER, {"top_k": 3})
    assert changed == {1: {"basis": "measured", "input_tokens": 1_750, "context_tokens": 1_200, "context_documents": 3}}
    assert (outcome.facts["documents_dropped"], outcome.facts["tokens_dropped"]) == (7, 1_250)


@pytest.mark.parametrize(
    ("more", "dropped"),
    [
        # 1,000 tokens of unknown turns of 150: beyond 2 there are 700, which become 50.
        ({"history_tokens": 1_000, "input_tokens": 4_000}, 1_250 + 650),
        # Of 900 cached tokens the 500 of tools and system prompt can still be read.
        ({"cache_read_input_tokens": 900}, 1_250),
        ({"cache_creation_input_tokens": 900}, 1_250),
        # The log counts fewer tokens in all than it does piece by piece: the 500 of tools and system prompt stay.
        ({"input_tokens": 1_600}, 1_100),
    ],
)
def test_what_is_not_counted_makes_the_whole_call_an_estimate(store: Store, more: dict[str, Any], dropped: int) -> None:
    bind_input(store, [{**COUNTED, **more}])
    changed, outcome = changes_of(store, LEVER, {"top_k": 3, "history": {"keep_turns": 2, "summary_tokens": 50}})
    assert (changed[1]["basis"], outcome.facts["tokens_dropped"]) == ("estimated", dropped)


def test_counted_documents_are_a_measured_saving(replayed: Replay) -> None:
    """1,250 tokens at $2.50 per million are $0.003125."""
    step = replayed(LEVER, {"top_k": 3}, COUNTED).steps[0]
    assert (step.saving, step.basis[Basis.MEASURED]) == (Decimal("0.003125"), Decimal("0.003125"))


def test_counts_hold_for_the_documents_that_the_log_saw() -> None:
    """The first step leaves 3 documents of 1,200 tokens together; the second takes 2 of 3 equal parts: 800."""
    first, second = replay_plan([(LEVER, {"top_k": 3}), (LEVER, {"top_k": 1})], COUNTED).steps
    assert (first.saving, first.basis[Basis.MEASURED]) == (Decimal("0.003125"), Decimal("0.003125"))
    assert (second.saving, second.basis[Basis.ESTIMATED]) == (Decimal("0.002"), Decimal("0.002"))


def test_old_turns_become_a_summary_that_is_made_once_for_every_two(store: Store) -> None:
    """Turns of 200 tokens, 2 kept, a summary of 50 anew for every 2 more.

    The fourth call has 3 turns behind it: 1 is summed up (200 tokens), 2 stay (400). The fifth uses the same summary
    and has 3 after it. The sixth has 5 behind it: 3 are summed up anew (600), 2 stay.
    """
    bind_input(store, [_turn(number, 200 * number) for number in range(6)])
    changed, outcome = changes_of(store, LEVER, {"history": {"keep_turns": 2, "summary_tokens": 50}})
    assert {call: row["history_tokens"] for call, row in changed.items()} == {4: 450, 5: 650, 6: 450}
    assert {call: row["input_tokens"] for call, row in changed.items()} == {4: 950, 5: 1_150, 6: 950}
    made = store.rows("select call_id, response_model, input_tokens, output_tokens from lever_extras order by call_id")
    assert made == [(4, "gpt-4o", 200, 50), (6, "gpt-4o", 600, 50)]
    assert outcome.facts["summaries"] == 2
    assert outcome.facts["summary_tokens"] == {"input": 800, "output": 100}
    assert outcome.facts["tokens_dropped"] == 150 + 150 + 550


def test_a_history_without_a_conversation_is_cut_into_turns_as_long_as_this_one(store: Store) -> None:
    """Turns of 100 + 100 tokens: of 1,000, the last 2 stay (400) and 600 become a summary of 150, for each call."""
    call = _turn(1, 1_000, conversation_id=None)
    bind_input(store, [call, call, _turn(1, 540, conversation_id=None)])
    changed, _ = changes_of(store, LEVER, {"history": {"keep_turns": 2, "summary_tokens": 150}})
    assert {number: row["history_tokens"] for number, row in changed.items()} == {1: 550, 2: 550}
    assert store.rows("select input_tokens, output_tokens from lever_extras") == [(600, 150), (600, 150)]


def test_only_tools_and_system_prompt_keep_their_blocks_and_their_place_in_the_cache(store: Store) -> None:
    """500 tokens before the documents are 3 whole blocks of 128; of 2,000 cached tokens 500 can still be read."""
    cached = {"cache_read_input_tokens": 2_000, "cache_creation_input_tokens": 600}
    bind_input(store, [{**RAG, **cached, "prefix_hashes": [11, 12, 13, 14, 15], "prefix_block_tokens": 128.0}])
    changed, outcome = changes_of(store, LEVER, {"top_k": 3})
    assert changed[1]["prefix_hashes"] == [11, 12, 13]
    assert (changed[1]["cache_read_input_tokens"], changed[1]["cache_creation_input_tokens"]) == (500, 0)
    assert outcome.facts["lost_cached_tokens"] == 1_500


def test_trimming_a_cached_prompt_can_cost_more_than_it_saves(replayed: Replay) -> None:
    """gpt-4o, 10,000 tokens of which 9,000 are read from the cache: 1,000 × $2.50 + 9,000 × $1.25 per million
    = $0.01375. Without half of the 6 documents (of 3,000 tokens) 8,500 are left, of which the 500 of the system prompt
    are cached: 8,000 × $2.50 + 500 × $1.25 = $0.020625. The answer's 100 × $10 stay."""
    call = {
        "input_tokens": 10_000,
        "cache_read_input_tokens": 9_000,
        "system_tokens": 500,
        "context_tokens": 3_000,
        "context_documents": 6,
    }
    found = replayed(LEVER, {"top_k": 3}, call)
    assert (found.baseline_cost, found.projected_cost) == (Decimal("0.01475"), Decimal("0.021625"))
    assert any("read from the prompt cache" in warning for warning in found.steps[0].warnings)


def test_the_summarizer_is_charged(replayed: Replay) -> None:
    """One summary of 600 tokens into 150 by gpt-4o-mini: 600 × $0.15 + 150 × $0.60 per million = $0.00018.

    The prompt loses 450 tokens at $2.50: $0.001125.
    """
    call = {"input_tokens": 1_500, "system_tokens": 400, "history_tokens": 1_000, "user_tokens": 100}
    history = {"keep_turns": 2, "summary_tokens": 150, "summarizer": "gpt-4o-mini"}
    found = replayed(LEVER, {"history": history}, call)
    assert found.saving == Decimal("0.000945")
    assert found.steps[0].facts["summary_cost"] == Decimal("0.00018")


def test_trimming_before_a_prompt_cache_can_cost_more_than_it_saves() -> None:
    """Two calls of gpt-4o a minute apart, the same 4,096 tokens: 512 of instructions, 2 documents of 512, the rest.

    A prompt cache alone reads the second prompt whole: 4,096 × ($2.50 - $1.25) per million = $0.00512 saved. Without
    one document each call is 512 tokens shorter: 2 × 512 × $2.50 = $0.00256; but of the trimmed prompts only the 512
    tokens of instructions are known to be alike, too few for OpenAI's cache, which then saves nothing.
    """
    call = {
        **{"input_tokens": 4_096, "system_tokens": 512, "context_tokens": 1_024, "context_documents": 2},
        **{"prefix_hashes": list(range(1, 33)), "prefix_block_tokens": 128.0},
    }
    calls = [{**call, "started_at": f"2026-10-20 12:0{minute}:00"} for minute in range(2)]
    cached = replay_plan([(prompt_cache.LEVER, {"ttl": "5m"})], *calls)
    both = replay_plan([(LEVER, {"top_k": 1}), (prompt_cache.LEVER, {"ttl": "5m"})], *calls)
    assert cached.saving == Decimal("0.00512")
    assert [step.saving for step in both.steps] == [Decimal("0.00256"), Decimal(0)]
    assert [step.warnings for step in both.steps] == [(), ()]


@pytest.mark.parametrize(
    ("settings", "call"),
    [
        ({"top_k": 10}, RAG),
        ({"top_k": 3}, {**RAG, "context_tokens": None}),
        ({"top_k": 3}, {**RAG, "context_documents": None}),
        ({"top_k": 3}, {**RAG, "input_tokens": None}),
        ({"history": {"keep_turns": 0, "summary_tokens": 1}}, RAG),
        ({"history": {"keep_turns": 4, "summary_tokens": 200}}, _turn(1, 1_000, conversation_id=None)),
    ],
)
def test_a_setting_of_nothing_changes_nothing(store: Store, settings: dict[str, Any], call: dict[str, Any]) -> None:
    bind_input(store, [call])
    changed, outcome = changes_of(store, LEVER, settings)
    assert changed == {}
    assert (outcome.facts["documents_dropped"], outcome.facts["tokens_dropped"], outcome.facts["summaries"]) == (
        0,
        0,
        0,
    )


def test_calls_of_which_the_log_says_too_little_are_counted(store: Store) -> None:
    bind_input(store, [RAG, {**RAG, "context_tokens": None}])
    _, outcome = changes_of(store, LEVER, {"top_k": 3})
    assert outcome.warnings == ("1 of 2 calls: the log does not say which documents it had, so it stays",)
    bind_input(store, [{**RAG, "history_tokens": None}] * 2)
    _, outcome = changes_of(store, LEVER, {"history": {"keep_turns": 1, "summary_tokens": 9}})
    assert outcome.warnings == ("2 of 2 calls: the log does not say how long their history was, so they stay",)


def test_an_unknown_summarizer_is_an_error_with_the_nearest_names(store: Store) -> None:
    bind_input(store, [RAG])
    with pytest.raises(ConfigError, match=r"trim\.history\.summarizer: gpt-4o-minni") as caught:
        changes_of(store, LEVER, {"history": {"keep_turns": 1, "summary_tokens": 9, "summarizer": "gpt-4o-minni"}})
    assert "gpt-4o-mini" in (caught.value.hint or "")


def _maybe(tokens: int) -> st.SearchStrategy[int | None]:
    return st.none() | st.integers(0, tokens)


@st.composite
def _documents(draw: st.DrawFn) -> dict[str, Any]:
    """What a log says of the documents of a call: how many and how long, or how long each is."""
    counts = draw(st.none() | st.lists(st.integers(0, 200), max_size=8))
    if counts is None:
        return {"context_tokens": draw(_maybe(1_000)), "context_documents": draw(_maybe(10))}
    between = draw(st.sampled_from([0, 0, 15]))
    return {
        "context_tokens": sum(counts) + between,
        "context_documents": len(counts),
        "context_document_tokens": counts,
    }


CALLS = st.lists(
    st.builds(
        lambda call, documents: {**call, **documents},
        st.fixed_dictionaries(
            {
                "conversation_id": st.sampled_from([None, "a", "b"]),
                "started_at_us": st.integers(0, 6),
                "status": st.sampled_from(["ok", "ok", "ok", "error"]),
                "input_tokens": _maybe(3_000),
                "system_tokens": _maybe(300),
                "tool_definition_tokens": _maybe(50),
                "history_tokens": _maybe(1_000),
                "user_tokens": _maybe(60),
                "output_tokens": _maybe(60),
                "cache_read_input_tokens": _maybe(1_000),
                "cache_creation_input_tokens": _maybe(500),
                "cache_creation_1h_input_tokens": _maybe(200),
                "prefix_hashes": st.none() | st.lists(st.integers(1, 9), max_size=5),
                "prefix_block_tokens": st.sampled_from([None, 64.0, 128.0]),
            }
        ),
        _documents(),
    ),
    max_size=14,
)


@given(
    calls=CALLS,
    left_out=st.sets(st.integers(1, 14)),
    top_k=st.none() | st.integers(0, 6),
    keep=st.none() | st.integers(0, 3),
    summary=st.integers(1, 120),
    every=st.none() | st.integers(1, 3),
)
def test_every_change_equals_a_plain_replay(
    calls: list[dict[str, Any]],
    left_out: set[int],
    top_k: int | None,
    keep: int | None,
    summary: int,
    every: int | None,
) -> None:
    assume(top_k is not None or keep is not None)
    numbered = [{"call_id": number, **call} for number, call in enumerate(calls, start=1)]
    chosen = set(range(1, len(calls) + 1)) - left_out
    history = {"keep_turns": keep, "summary_tokens": summary, "summarize_every": every}
    settings = {"top_k": top_k, "history": None if keep is None else history}
    with open_store(":memory:") as store:
        bind_input(store, numbered, chosen)
        changed, outcome = changes_of(store, LEVER, settings)
        made = {} if keep is None else dict(store.rows("select call_id, input_tokens from lever_extras"))
    expected, summaries = trim(numbered, chosen, top_k, keep, summary, every or max(keep or 0, 1))
    assert changed == expected
    assert made == summaries
    before = {call["call_id"]: call["input_tokens"] for call in numbered}
    assert outcome.facts["tokens_dropped"] == sum(
        before[number] - row["input_tokens"] for number, row in changed.items()
    )
