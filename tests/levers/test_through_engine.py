"""Each lever through the engine against brute force in plain Python, money included, to the last decimal.

The prices stand here as providers publish them; nothing of what is tested is asked for them.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from llmaudit.levers import batch, prompt_cache, response_cache, route, trim
from llmaudit.levers.answer import Waterfall
from llmaudit.levers.lever import Basis, Lever
from llmaudit.levers.waterfall import waterfall
from llmaudit.pricing import reprice
from llmaudit.store import Store, open_store
from tests.calls import DEFAULTS
from tests.levers import prompt_cache_oracle, response_cache_oracle, trim_oracle
from tests.levers.conftest import Planned

Row = Mapping[str, Any]
NOON = datetime(2026, 10, 20, 12)
# USD per million tokens: input, cache read, write for 5 minutes, write for an hour, output.
PRICES = {
    "gpt-4o": ("2.5", "1.25", "2.5", "2.5", "10"),
    "gpt-4o-mini": ("0.15", "0.075", "0.15", "0.15", "0.6"),
    "claude-sonnet-4-5": ("3", "0.3", "3.75", "6", "15"),
}
IN_BATCH = ("1.25", "1.25", "1.25", "1.25", "5")
"""gpt-4o's: OpenAI halves input and output, and cached tokens are ordinary input there."""


def cost(call: Row) -> Decimal:
    """What one call costs, in dollars."""
    if call.get("response_cache_hit"):
        return Decimal(0)
    name = call["response_model"].removesuffix("-2024-08-06").removesuffix("-20250929")
    prices = IN_BATCH if call["service_tier"] == "batch" else PRICES[name]
    fresh, read, write, write_1h, made = (Decimal(price) for price in prices)
    reads, writes, longer = (
        call.get(f"cache_{kind}_input_tokens") or 0 for kind in ("read", "creation", "creation_1h")
    )
    amounts = (
        (call["input_tokens"] - reads - writes, fresh),
        (reads, read),
        (writes - longer, write),
        (longer, write_1h),
        (call["output_tokens"], made),
    )
    return sum((tokens * price for tokens, price in amounts), Decimal(0)) / 1_000_000


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with open_store(":memory:") as opened:
        yield opened


def replayed(store: Store, calls: Sequence[Row], lever: Lever[Any], said: Row) -> Waterfall:
    """The calls, `at` so many seconds after noon, under one lever."""
    store.run("delete from calls")
    rows = [
        {
            **{**DEFAULTS, "call_id": f"c{place}", "record_number": place, **call},
            "started_at": NOON + timedelta(seconds=call.get("at", 0)),
        }
        for place, call in enumerate(calls)
    ]
    names = sorted({name for row in rows for name in row} - {"at"})
    store.insert(f"calls ({', '.join(names)})", [[row.get(name) for name in names] for row in rows])
    # The rates of the last replay would stand in for the store's own.
    store.run("drop table if exists temp.rates")
    reprice(store, None)
    return waterfall(store, [Planned(lever, lever.name, lever.settings.model_validate(said))])


def whole(calls: Sequence[Row]) -> list[dict[str, Any]]:
    """The calls with all that they do not say themselves."""
    return [{**DEFAULTS, **call} for call in calls]


EFFORT = settings(max_examples=25, deadline=None)
TOKENS = st.integers(0, 3_000)


@EFFORT
@given(
    calls=st.lists(
        st.fixed_dictionaries(
            {
                "input_tokens": st.sampled_from([500, 900, 127_990, 128_000]),
                "output_tokens": st.sampled_from([0, 10, 11]),
                "cache_read_input_tokens": st.sampled_from([0, 0, 500]),
                "response_model": st.sampled_from(["gpt-4o-2024-08-06", "gpt-4o-mini"]),
                "feature": st.sampled_from(["faq", "chat"]),
            }
        ),
        min_size=1,
        max_size=8,
    ),
    routed=st.booleans(),
)
def test_route(store: Store, calls: list[dict[str, Any]], routed: bool) -> None:
    """To a model of the same tokenizer and provider; a router of 200 tokens reads every call that may move."""
    said = {"when": "feature = 'faq'", "from": ["gpt-4o"], "to": "gpt-4o-mini"}
    router = {"router": {"model": "gpt-4o-mini", "tokens_per_call": 200}} if routed else {}
    found = replayed(store, calls, route.LEVER, {**said, **router})
    expected, before = Decimal(0), Decimal(0)
    for call in whole(calls):
        before += cost(call)
        asked = call["feature"] == "faq" and call["response_model"] == "gpt-4o-2024-08-06"
        fits = call["input_tokens"] + call["output_tokens"] <= 128_000
        expected += cost({**call, "response_model": "gpt-4o-mini"} if asked and fits else call)
        expected += 200 * Decimal("0.15") / 1_000_000 if asked and routed else 0
    assert (found.baseline_cost, found.projected_cost) == (before, expected)


@EFFORT
@given(
    calls=st.lists(
        st.fixed_dictionaries(
            {
                "input_tokens": st.integers(500, 1_000),
                "output_tokens": TOKENS,
                "cache_read_input_tokens": st.integers(0, 300),
                "service_tier": st.sampled_from(["standard", "standard", "batch"]),
                "status": st.sampled_from(["ok", "ok", "timeout"]),
                "feature": st.sampled_from(["reports", "chat", None]),
            }
        ),
        min_size=1,
        max_size=8,
    )
)
def test_batch(store: Store, calls: list[dict[str, Any]]) -> None:
    """Half price for input and output, no other for cached input; what failed or is in batch already stays."""
    found = replayed(store, calls, batch.LEVER, {"when": "feature = 'reports'"})
    moved = [
        {**call, "service_tier": "batch"} if call["feature"] == "reports" and call["status"] == "ok" else call
        for call in whole(calls)
    ]
    assert found.baseline_cost == sum(map(cost, whole(calls)), Decimal(0))
    assert found.projected_cost == sum(map(cost, moved), Decimal(0))


@EFFORT
@given(
    calls=st.lists(
        st.tuples(st.sampled_from([11, 11, 22, 33, None]), st.integers(0, 12), st.sampled_from([None, 0, 2]), TOKENS),
        min_size=1,
        max_size=14,
    ),
    ttl=st.sampled_from([1, 3, None]),
    max_entries=st.sampled_from([1, 2, None]),
    coalesce=st.booleans(),
    refresh=st.booleans(),
)
def test_response_cache(
    store: Store,
    calls: list[tuple[int | None, int, int | None, int]],
    ttl: int | None,
    max_entries: int | None,
    coalesce: bool,
    refresh: bool,
) -> None:
    """A hit costs nothing; TTL from the write or renewed, LRU at every capacity, ties by the order of the log."""
    said = {
        **{"when": "true", "ttl": "unlimited" if ttl is None else f"{ttl}s", "coalesce": coalesce, "refresh": refresh},
        "max_entries": "unlimited" if max_entries is None else max_entries,
    }
    rows = [
        {"request_hash": key, "at": at, "duration_seconds": takes, "input_tokens": tokens}
        for key, at, takes, tokens in calls
    ]
    found = replayed(store, rows, response_cache.LEVER, said)
    second = 1_000_000
    asked = [
        response_cache_oracle.Call(place, key, at * second, None if takes is None else takes * second)
        for place, (key, at, takes, _) in enumerate(calls)
    ]
    hits = response_cache_oracle.hits(
        asked,
        ttl=None if ttl is None else ttl * second,
        max_entries=max_entries,
        coalesce=coalesce,
        refresh=refresh,
    )
    left = [cost(row) for place, row in enumerate(whole(rows)) if place not in hits]
    assert found.projected_cost == sum(left, Decimal(0))
    assert found.steps[0].calls_changed == len(hits)


CHAINS = st.lists(st.sampled_from([0, 0, 1]), min_size=1, max_size=6)


@EFFORT
@given(
    calls=st.lists(
        st.tuples(st.integers(0, 8), CHAINS, st.integers(0, 99), st.sampled_from([None, 1, 3])), min_size=1, max_size=10
    ),
    ttl=st.sampled_from([1, 3, None]),
    least=st.sampled_from([0, 250]),
    step=st.sampled_from([1, 128]),
    premium=st.sampled_from([None, "1.25", "2"]),
)
def test_prompt_cache(
    store: Store,
    calls: list[tuple[int, list[int], int, int | None]],
    ttl: int | None,
    least: int,
    step: int,
    premium: str | None,
) -> None:
    """Claude's prices, or the plan's own premium on writes: live prefixes, minimum, step, and what becomes readable."""
    log = [
        prompt_cache_oracle.Call(at, tuple(chain), 100 * len(chain) - less, 100.0, first)
        for at, chain, less, first in calls
    ]
    rules = {"min_tokens": least, "step_tokens": step, **({"write_multiplier": premium} if premium else {})}
    rows = [
        {
            **{"at": one.at, "input_tokens": one.input_tokens, "time_to_first_token_seconds": one.first_token_after},
            **{"provider_name": "anthropic", "response_model": "claude-sonnet-4-5-20250929"},
            "prefix_hashes": [int("1" + "".join(map(str, one.chain[: end + 1])), 2) for end in range(len(one.chain))],
            "prefix_block_tokens": 100.0,
        }
        for one in log
    ]
    kept = "unlimited" if ttl is None else f"{ttl}s"
    found = replayed(store, rows, prompt_cache.LEVER, {"ttl": kept, "rules": rules})
    answers = prompt_cache_oracle.replay(
        log, ttl=ttl, scope="project", least=least, step=step, reads_from=0, writes=True
    )
    write = Decimal(premium) * 3 if premium else Decimal("6" if ttl is None else "3.75")
    expected = Decimal(0)
    for one, answer in zip(log, answers, strict=True):
        fresh = one.input_tokens - answer.read - answer.written
        dollars = fresh * 3 + answer.read * Decimal("0.3") + answer.written * write + 100 * 15
        expected += dollars / 1_000_000
    assert found.projected_cost == expected


def _counted(call: dict[str, Any]) -> dict[str, Any]:
    """Where a call says so, its documents counted one by one, each half as long as the one before."""
    tokens, documents = call["context_tokens"], call["context_documents"]
    counts = [tokens // 2**place for place in range(1, documents + 1)] if documents else None
    return {**call, "context_document_tokens": counts if call["context_document_tokens"] else None}


@EFFORT
@given(
    calls=st.lists(
        st.fixed_dictionaries(
            {
                "conversation_id": st.sampled_from([None, "a"]),
                "at": st.integers(0, 4),
                "input_tokens": st.integers(2_000, 3_000),
                "system_tokens": st.integers(0, 300),
                "tool_definition_tokens": st.sampled_from([None, 50]),
                "history_tokens": st.integers(0, 900),
                "context_tokens": st.integers(0, 700),
                "context_documents": st.sampled_from([None, 2, 7]),
                "context_document_tokens": st.booleans(),
                "user_tokens": st.integers(1, 60),
                "output_tokens": st.integers(1, 60),
                "cache_read_input_tokens": st.sampled_from([0, 0, 350, 900]),
            }
        ).map(_counted),
        min_size=1,
        max_size=8,
    ),
    top_k=st.sampled_from([None, 0, 3]),
    keep=st.sampled_from([None, 0, 2]),
    summary=st.sampled_from([1, 90]),
)
def test_trim(store: Store, calls: list[dict[str, Any]], top_k: int | None, keep: int | None, summary: int) -> None:
    """Shorter prompts, what is lost of the cache, and the summaries, made by the smaller model."""
    assume(top_k is not None or keep is not None)
    history = {"keep_turns": keep, "summary_tokens": summary, "summarizer": "gpt-4o-mini"}
    found = replayed(store, calls, trim.LEVER, {"top_k": top_k, "history": None if keep is None else history})
    numbered = [
        {
            **{"call_id": place, "started_at_us": call["at"], "prefix_hashes": None, "prefix_block_tokens": None},
            **call,
        }
        for place, call in enumerate(whole(calls))
    ]
    every = set(range(len(calls)))
    changed, made = trim_oracle.trim(numbered, every, top_k, keep, summary, max(keep or 0, 1))
    summaries = [(tokens * Decimal("0.15") + summary * Decimal("0.6")) / 1_000_000 for tokens in made.values()]
    after = [cost({**call, **changed.get(place, {})}) for place, call in enumerate(whole(calls))]
    assert found.projected_cost == sum(after, Decimal(0)) + sum(summaries, Decimal(0))
    assert found.steps[0].facts["summary_cost"] == sum(summaries, Decimal(0))
    exact = [place for place, row in changed.items() if row["basis"] == "measured"]
    saved = [cost(whole(calls)[place]) - after[place] for place in exact]
    assert found.steps[0].basis[Basis.MEASURED] == sum(saved, Decimal(0))
