"""The prompt cache: worked by hand, against a plain replay, and against a public trace's published numbers."""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from llmaudit.levers import prompt_cache_replay
from llmaudit.levers.cache_rules import RULES, rule_of
from llmaudit.levers.prompt_cache import LEVER
from llmaudit.levers.prompt_cache_settings import Settings
from llmaudit.levers.waterfall import waterfall
from llmaudit.pricing import add_missing_rates
from llmaudit.store import Store, open_store
from tests.cli.transcripts import Workshop
from tests.levers.conftest import Planned
from tests.levers.prompt_cache_oracle import Call, replay

TRACE = Path(__file__).resolve().parents[2] / ".." / "shared" / "traces" / "mooncake_fast25_conversation_trace.jsonl.gz"
EPOCH = datetime(2026, 10, 1)
MINUTE, HOUR = 60, 3_600
Row = dict[str, Any]
Cached = dict[int, tuple[int, int, int]]
"""By call: tokens read, written, and the part written for an hour."""


@pytest.fixture(scope="module")
def bound() -> Iterator[Store]:
    """One store for the module; every use puts its own calls."""
    with open_store(":memory:") as store:
        yield store


def call(at: float, chain: Sequence[int] | None = None, tokens: int | None = 3_000, **more: Any) -> Row:
    """A call `at` seconds, of blocks of 1,000 tokens."""
    return {
        "started_at": EPOCH + timedelta(seconds=at),
        "provider_name": "anthropic",
        "response_model": "claude-sonnet-4-5",
        "service_tier": "standard",
        "input_tokens": tokens,
        "prefix_hashes": chain,
        "prefix_block_tokens": None if chain is None else 1_000.0,
    } | more


def put(store: Store, rows: Sequence[Row]) -> None:
    """Bind what the engine binds: the calls numbered from 0, all of them meant, and their rates."""
    names = sorted({name for row in rows for name in row})
    store.run(
        "create or replace temp table lever_input as "
        "select * replace (0::bigint as call_id), true as fits from calls limit 0"
    )
    store.insert(
        f"lever_input (call_id, {', '.join(names)}, started_at_us, fits)",
        [
            (
                number,
                *(row.get(name) for name in names),
                round((row["started_at"] - EPOCH) / timedelta(microseconds=1)),
                True,
            )
            for number, row in enumerate(rows)
        ],
    )
    store.run("delete from rates")
    add_missing_rates(store, "lever_input", None)


def run(store: Store, rows: Sequence[Row], **settings: Any) -> tuple[Cached, Mapping[str, Any]]:
    """What the lever changes, and its facts."""
    put(store, rows)
    outcome = LEVER.apply(store, Settings.model_validate(settings))
    return changes(store), outcome.facts


def changes(store: Store) -> Cached:
    rows = store.rows(f"select call_id, {', '.join(LEVER.changes)} from lever_changes order by call_id")
    assert len({row[0] for row in rows}) == len(rows)
    return {number: (read, written, long) for number, read, written, long in rows}


HAND_WORKED = [
    call(0, [1, 12, 123], time_to_first_token_seconds=2.0, duration_seconds=9.0),
    call(1, [1, 12, 124]),  # the first call has not begun to answer: nothing to read
    call(2, [1, 12, 125]),  # now it has: 2 of 3 blocks
    call(302, [1, 12, 123]),  # 300 s after the last use of two blocks, 302 s after that of the third
    call(603, [1, 12, 123]),  # 301 s after the last use of any
]


def test_worked_by_hand(bound: Store) -> None:
    cached, facts = run(bound, HAND_WORKED, ttl="5m")
    assert cached == {
        0: (0, 3_000, 0),
        1: (0, 3_000, 0),
        2: (2_000, 1_000, 0),
        3: (2_000, 1_000, 0),
        4: (0, 3_000, 0),
    }
    assert (facts["blocks"], facts["block_hits"]) == (15, 4)
    assert (facts["input_tokens"], facts["reused_tokens"]) == (15_000, 4_000)
    # 11,000 written at 1.25, 4,000 read at 0.1: as dear as 14,150 of the 15,000.
    assert facts["input_saving_share"] == pytest.approx(850 / 15_000)
    assert facts["expired_tokens"] == 1_000 + 3_000
    assert facts["ttl_by_feature"] == {"(no feature)": "5m"}


def test_the_first_block_that_is_new_may_have_been_there_but_for_its_last_token(bound: Store) -> None:
    """2,000 of 3,000 tokens in two whole blocks, up to 2,999; nothing of a prompt whose first use is later."""
    _, facts = run(bound, [call(0, [1, 12, 123]), call(1, [1, 12, 124])], ttl="5m")
    assert (facts["reused_tokens"], facts["reused_tokens_at_most"]) == (2_000, 999 + 2_999)


def test_an_hour_is_written_at_the_price_of_an_hour_and_may_lose(bound: Store) -> None:
    cached, facts = run(bound, [call(0, [1, 12]), call(10, [2, 22])], ttl="1h")
    assert cached == {0: (0, 3_000, 3_000), 1: (0, 3_000, 3_000)}
    assert facts["input_saving_share"] == -1.0


def test_where_the_log_knows_only_the_end_an_entry_is_readable_from_then(bound: Store) -> None:
    rows = [call(0, [1], duration_seconds=4.0), call(3, [1]), call(4, [1])]
    cached, _ = run(bound, rows, ttl="5m")
    assert [cached[number][0] for number in range(3)] == [0, 0, 1_000]


def test_calls_at_one_instant_see_those_before_them_in_the_log(bound: Store) -> None:
    cached, _ = run(bound, [call(0, [1]), call(0, [1]), call(0, [1], duration_seconds=1.0)], ttl="5m")
    assert [cached[number][0] for number in range(3)] == [0, 1_000, 1_000]


def test_auto_chooses_for_each_feature_what_costs_least(bound: Store) -> None:
    rows = [
        *(call(minute * MINUTE, [1, 12, 13], feature="chat") for minute in (0, 2, 4)),
        *(call(minute * MINUTE, [2, 22, 23], feature="hourly") for minute in (0, 30, 60, 90)),
        *(call(second, [100 + second], feature="once") for second in (0, 1)),
    ]
    cached, facts = run(bound, rows)
    assert facts["ttl_by_feature"] == {"chat": "5m", "hourly": "1h", "once": "off"}
    assert cached[0] == (0, 3_000, 0)
    assert cached[1] == (3_000, 0, 0)
    assert cached[3] == (0, 3_000, 3_000)
    assert cached.keys() == set(range(7))
    # Of 27,000: chat 3,000 x (1.25 + 0.1 + 0.1), hourly 3,000 x (2 + 0.1 + 0.1 + 0.1), once 6,000.
    assert facts["input_saving_share"] == pytest.approx(1 - (4_350 + 6_900 + 6_000) / 27_000)


def test_what_the_log_shows_is_not_sold_again(bound: Store) -> None:
    logged = [
        call(0, [1, 12, 13], cache_read_input_tokens=0, cache_creation_input_tokens=2_990),
        call(9, [1, 12, 13], cache_read_input_tokens=2_990, cache_creation_input_tokens=0),
        call(18, [1, 12, 13], tokens=3_000, cache_read_input_tokens=0, cache_creation_input_tokens=3_000),
    ]
    cached, facts = run(bound, logged, ttl="5m")
    assert cached == {1: (3_000, 0, 0), 2: (3_000, 0, 0)}
    assert (facts["achieved_tokens"], facts["available_tokens"], facts["lost_tokens"]) == (2_990, 10 + 3_000, 0)
    # Logged, in tokens of fresh input: 2,990 x 1.25 + 10, 2,990 x 0.1 + 10, 3,000 x 1.25; at $3 per million.
    assert facts["achieved_saving_share"] == pytest.approx(1 - (3_747.5 + 309 + 3_750) / 9_000)
    assert facts["achieved_saving"] == Decimal("0.0035805")
    # Still to be had: the 10 tokens at 0.9 of their price, and 3,000 read at 0.1 in place of being written at 1.25.
    assert (facts["available_saving"], facts["lost_saving"]) == (Decimal("0.010377"), 0)


def test_turning_the_cache_off_loses_what_it_saved(bound: Store) -> None:
    logged = [
        call(0, [1, 12, 13], cache_read_input_tokens=0, cache_creation_input_tokens=3_000),
        call(9, [1, 12, 13], cache_read_input_tokens=3_000, cache_creation_input_tokens=0),
    ]
    cached, facts = run(bound, logged, ttl=False)
    assert cached == {0: (0, 0, 0), 1: (0, 0, 0)}
    assert facts["lost_tokens"] == 3_000
    # Writing 3,000 tokens at 1.25 is spared, reading them at 0.1 is lost.
    assert (facts["available_saving"], facts["lost_saving"]) == (Decimal("0.00225"), Decimal("0.0081"))
    assert facts["input_saving_share"] == pytest.approx(1 - 6_000 / 4_050)


def test_auto_leaves_a_cache_alone_that_works(bound: Store) -> None:
    logged = [
        call(0, [1, 12, 13], cache_read_input_tokens=0, cache_creation_input_tokens=2_000),
        call(9, [1, 12, 14], cache_read_input_tokens=2_000, cache_creation_input_tokens=0),
    ]
    cached, facts = run(bound, logged)
    assert cached == {}
    assert facts["ttl_by_feature"] == {"(no feature)": "as logged"}


def test_a_provider_that_caches_by_itself_reads_in_its_own_steps_and_charges_no_write(bound: Store) -> None:
    openai: Row = {"provider_name": "openai", "response_model": "gpt-4o", "prefix_block_tokens": 700.0}
    rows = [
        call(0, [1, 12, 13], tokens=2_000, **openai),
        call(1, [1, 12, 14], tokens=2_000, cache_read_input_tokens=1_024, **openai),
        call(2, [1, 22], tokens=1_300, **openai),
        call(3, [1, 12], tokens=1_000, **openai),
        call(4, [1, 12, 13], tokens=2_000, cache_read_input_tokens=1_920, **openai),
    ]
    cached, facts = run(bound, rows, ttl="5m")
    # 1,400 tokens are 10 steps of 128; 700 are short of the first 1,024; a prompt of 1,000 is too short; and what the
    # log read stands: 2,000 tokens are 15 steps, 1,920.
    assert cached == {1: (1_280, 0, 0)}
    assert (facts["achieved_tokens"], facts["available_tokens"]) == (2_944, 256)


def test_models_that_are_not_known_to_cache_stay_as_they_are(bound: Store) -> None:
    rows = [call(at, [1], provider_name="openai", response_model="gpt-3.5-turbo") for at in (0, 1)]
    assert run(bound, rows, ttl="5m")[0] == {}
    assert LEVER.apply(bound, Settings(ttl="5m")).warnings[0].startswith("2 calls stay as they are")
    assert run(bound, rows, ttl="5m", rules={"min_tokens": 0})[0] == {1: (1_000, 0, 0)}


def test_a_system_prompt_without_hashes_is_estimated_and_a_share_is_assumed(bound: Store) -> None:
    sizes: Row = {"system_tokens": 1_500, "system_prompt_hash": "a"}
    rows = [
        call(0, **sizes),
        call(200, **sizes),
        call(501, **sizes),
        call(502, **(sizes | {"system_prompt_hash": "b"})),
        call(503),
        call(504),
    ]
    cached, facts = run(bound, rows, ttl="5m", cacheable_share="0.5")
    assert cached == {
        0: (0, 1_500, 0),
        1: (1_500, 0, 0),
        2: (0, 1_500, 0),
        3: (0, 1_500, 0),
        4: (0, 1_500, 0),
        5: (1_500, 0, 0),
    }
    bases = bound.rows("select basis, count(*) from lever_changes group by basis order by basis")
    assert bases == [("assumed", 2), ("estimated", 4)]
    assert facts["blocks"] == 0
    # 3,000 of 18,000. Nobody knows of blocks, so nothing is said of any.
    assert facts["in_words"] == ["16.7 % of the input tokens are reused"]


def test_system_prompts_without_a_fingerprint_are_told_by_feature_and_size(bound: Store) -> None:
    rows = [
        call(0, system_tokens=1_500, feature="faq"),
        call(9, system_tokens=1_500, feature="chat"),
        call(18, system_tokens=1_501, feature="faq"),
        call(27, system_tokens=1_500, feature="faq"),
    ]
    cached, _ = run(bound, rows, ttl="5m")
    assert cached == {0: (0, 1_500, 0), 1: (0, 1_500, 0), 2: (0, 1_501, 0), 3: (1_500, 0, 0)}
    assert bound.rows("select distinct basis from lever_changes") == [("estimated",)]


def test_what_a_lifetime_rests_on(bound: Store) -> None:
    def basis(provider: str, model: str, **settings: Any) -> str:
        rows = [call(at, [1, 12, 13], provider_name=provider, response_model=model) for at in (0, 1)]
        assert run(bound, rows, **settings)[0][1] == (3_000 - 3_000 % 128 if provider == "openai" else 3_000, 0, 0)
        return str(bound.value("select any_value(basis) from lever_changes where call_id = 1"))

    assert basis("anthropic", "claude-sonnet-4-5", ttl="1h") == "measured"
    assert basis("anthropic", "claude-sonnet-4-5", ttl="2h") == "assumed"
    assert basis("anthropic", "claude-sonnet-4-5", ttl="7m") == "assumed"
    assert basis("anthropic", "claude-sonnet-4-5", ttl="2h", rules={"min_tokens": 0}) == "measured"
    assert basis("openai", "gpt-4o", ttl="1h") == "assumed"
    assert basis("openai", "gpt-4.1", ttl="1h") == "measured"
    assert basis("gcp.gemini", "gemini-2.5-pro") == "estimated"
    assert basis("gcp.gemini", "gemini-2.5-pro", rules={"ttl": "1h"}) == "measured"


def test_a_shorter_lifetime_than_the_log_had_loses_what_it_cannot_keep(bound: Store) -> None:
    hour: Row = {"cache_read_input_tokens": 0, "cache_creation_input_tokens": 3_000}
    read: Row = {"cache_read_input_tokens": 3_000, "cache_creation_input_tokens": 0}
    rows = [
        call(0, [1, 12, 13], cache_creation_1h_input_tokens=3_000, **hour),
        call(100, [1, 12, 13], **read),
        call(1_000, [1, 12, 13], **read),
    ]
    cached, facts = run(bound, rows, ttl="5m")
    assert cached == {0: (0, 3_000, 0), 2: (0, 3_000, 0)}
    assert facts["lost_tokens"] == 3_000
    assert run(bound, rows, ttl="1h")[0] == {}


def test_only_the_calls_of_the_step_use_the_cache(bound: Store) -> None:
    put(bound, [call(0, [1]), call(1, [1]), call(2, [1])])
    bound.run("update lever_input set fits = false where call_id = 0")
    LEVER.apply(bound, Settings(ttl="5m"))
    assert changes(bound) == {1: (0, 3_000, 0), 2: (1_000, 2_000, 0)}


def test_nothing_to_change_changes_nothing(bound: Store) -> None:
    assert run(bound, HAND_WORKED, ttl="off")[0] == {}
    assert run(bound, [call(0, [1], tokens=None)], ttl="5m")[0] == {}
    assert run(bound, [call(0, [], tokens=3_000)], ttl="5m")[0] == {}


def test_the_places_where_prompts_stop_being_alike(bound: Store) -> None:
    rows = [
        *(call(at, [1, 100 + at], tokens=2_000, feature="dated") for at in range(3)),
        *(call(at, [200 + at], tokens=1_100, feature="fresh") for at in range(2)),
    ]
    _, facts = run(bound, rows, ttl="5m")
    assert [
        (row["feature"], row["after_prefix"], row["first_divergent_block"], row["calls"], row["tokens_burned"])
        for row in facts["top_breakers"]
    ] == [("fresh", None, 1, 2, 2_200), ("dated", "0000000000000001", 2, 2, 2_000)]
    # New at $3 per million where a read costs $0.30.
    assert [row["cost_burned"] for row in facts["top_breakers"]] == [Decimal("0.00594"), Decimal("0.0054")]
    assert facts["top_breakers_cost"] == Decimal("0.01134")
    assert facts["top_breakers_unpriced_calls"] == 0
    assert facts["in_words"][1] == "2 calls of fresh are new from block 1 on (2,200 tokens)"


def test_what_prompts_burn_is_given_as_far_as_prices_are_known(bound: Store) -> None:
    """Three calls are new from block 2 on, one of them at a tier that has no price: 2,000 tokens at $2.70 a million."""
    tiers = ("standard", "standard", "standard", "nowhere")
    _, facts = run(bound, [call(at, [1, 100 + at], 2_000, service_tier=tier) for at, tier in enumerate(tiers)])
    (row,) = facts["top_breakers"]
    assert (row["calls"], row["tokens_burned"], row["cost_burned"]) == (3, 3_000, Decimal("0.0054"))
    assert (row["unpriced_calls"], facts["top_breakers_unpriced_calls"]) == (1, 1)
    assert facts["top_breakers_cost"] == Decimal("0.0054")
    _, facts = run(bound, [call(at, [1, 100 + at], 2_000, service_tier="nowhere") for at in range(3)])
    assert (facts["top_breakers_cost"], facts["top_breakers_unpriced_calls"]) == (None, 2)


def test_multipliers_become_rates_for_whoever_prices(bound: Store) -> None:
    own: Row = {"min_tokens": 0, "write_multiplier": "1.5", "read_multiplier": "0.2"}
    rows = [call(at, [1], tokens=1_000, provider_name="openai", response_model="gpt-4o") for at in (0, 1)]
    cached, facts = run(bound, rows, ttl="5m", rules=own | {"step_tokens": 1})
    assert cached == {0: (0, 1_000, 0), 1: (1_000, 0, 0)}
    assert facts["input_saving_share"] == pytest.approx(1 - (1.5 + 0.2) / 2)
    names = "list_input, list_cache_read, list_cache_write, effective_cache_write_1h, list_output"
    assert bound.rows(f"select {names} from lever_rates") == [
        tuple(Decimal(price) for price in ("0.0000025", "0.0000005", "0.00000375", "0.00000375", "0.00001"))
    ]
    described = "select column_name, data_type from duckdb_columns() where table_name = $name order by column_index"
    assert bound.rows(described, {"name": "lever_rates"}) == bound.rows(described, {"name": "rates"})
    run(bound, rows, ttl="5m")
    assert bound.rows("select * from duckdb_tables() where table_name = 'lever_rates'") == []


CHAINS = st.lists(st.sampled_from([0, 0, 1]), max_size=6).map(tuple)


@st.composite
def calls(draw: st.DrawFn) -> Call:
    chain = draw(CHAINS)
    block = draw(st.sampled_from([1.0, 2.5, 4.0]))
    tokens = draw(st.integers(int(max(0, len(chain) - 1) * block), int(len(chain) * block)))
    return Call(
        at=draw(st.integers(0, 12)),
        chain=chain,
        input_tokens=tokens,
        block_tokens=block,
        first_token_after=draw(st.sampled_from([None, None, 0, 1, 3, 20])),
        model=draw(st.sampled_from(["claude-sonnet-4-5", "claude-sonnet-4-5", "claude-haiku-4-5"])),
        project=draw(st.sampled_from([None, "a", "b"])),
        key=draw(st.sampled_from([None, "k"])),
    )


@settings(max_examples=80, deadline=None)
@given(
    st.lists(calls(), min_size=1, max_size=14),
    st.sampled_from([1, 2, 5, None]),
    st.sampled_from(["project", "key", "global"]),
    st.sampled_from([0, 3, 6]),
    st.sampled_from([1, 2, 3]),
    st.booleans(),
)
def test_equals_a_plain_replay(
    bound: Store, log: list[Call], ttl: int | None, scope: str, least: int, step: int, charged: bool
) -> None:
    provider = "anthropic" if charged else "openai"
    models = {"claude-sonnet-4-5": "gpt-4o", "claude-haiku-4-5": "gpt-4.1"}
    rows = [
        call(
            entry.at,
            [_name(entry.chain[: end + 1]) for end in range(len(entry.chain))],
            entry.input_tokens,
            prefix_block_tokens=entry.block_tokens,
            time_to_first_token_seconds=entry.first_token_after,
            provider_name=provider,
            response_model=entry.model if charged else models[entry.model],
            project_id=entry.project,
            api_key_id=entry.key,
        )
        for entry in log
    ]
    kept = "unlimited" if ttl is None else f"{ttl}s"
    cached, facts = run(bound, rows, ttl=kept, scope=scope, rules={"min_tokens": least, "step_tokens": step})
    # Claude's minimum is the prompt's; OpenAI's is also that of the first prefix that can be read.
    expected = replay(
        log, ttl=ttl, scope=scope, least=least, step=step, reads_from=0 if charged else least, writes=charged
    )
    long = charged and ttl is None
    assert cached == {
        number: (one.read, one.written, one.written if long else 0)
        for number, one in enumerate(expected)
        if one.read or one.written
    }
    assert facts["block_hits"] == sum(one.hits for one in expected)
    assert facts["reused_tokens"] == sum(one.read for one in expected)


def _name(chain: tuple[int, ...]) -> int:
    """A number for a chain and no other."""
    return int("1" + "".join(map(str, chain)), 2)


@pytest.fixture(scope="module")
def mooncake() -> Iterator[Store]:
    """The public conversation trace as calls to a model of Anthropic's."""
    if not TRACE.exists():
        pytest.skip("the public traces are not beside this checkout")
    with open_store(":memory:") as store:
        put(store, [call(0)])
        store.run("delete from lever_input")
        store.run(
            """insert into lever_input by name
               select row_number() over () as call_id, make_timestamp(timestamp * 1000) as started_at,
                      timestamp * 1000 as started_at_us, input_length as input_tokens, hash_ids as prefix_hashes,
                      512.0 as prefix_block_tokens, 'anthropic' as provider_name, 'standard' as service_tier,
                      'claude-sonnet-4-5' as response_model, true as fits
               from read_json($file, columns = {timestamp: 'bigint', input_length: 'bigint', hash_ids: 'bigint[]'})""",
            {"file": str(TRACE)},
        )
        yield store


def test_the_public_trace_without_limits(mooncake: Store) -> None:
    outcome = LEVER.apply(mooncake, Settings.model_validate({"ttl": "unlimited", "rules": {"min_tokens": 0}}))
    assert (outcome.facts["block_hits"], outcome.facts["blocks"]) == (105_710, 288_500)
    assert (outcome.facts["reused_tokens"], outcome.facts["input_tokens"]) == (54_098_411, 144_793_823)
    assert outcome.facts["in_words"][0] == (
        "37.4 % of the input tokens are reused in whole blocks, at most 41.4 % token by token"
    )
    # Blocks of 512 tokens hide how much of the first one that is new was there: all but its last token, at most.
    seen: set[int] = set()
    most = 0
    with gzip.open(TRACE, "rt") as lines:
        for request in map(json.loads, lines):
            ids = request["hash_ids"]
            hits = next((place for place, block in enumerate(ids) if block not in seen), len(ids))
            most += min(request["input_length"], 512 * (hits + 1) - 1)
            seen.update(ids)
    assert outcome.facts["reused_tokens_at_most"] == most == 59_881_176


def test_the_public_trace_with_the_published_prices(mooncake: Store) -> None:
    """The published 8.4 % and -29.1 % hold with Anthropic's minimum of 1,024 tokens a prompt (without: 8.7, -29.0)."""
    own: Row
    for own in ({}, {"min_tokens": 1_024, "write_multiplier": "1.25", "read_multiplier": "0.1"}):
        outcome = LEVER.apply(mooncake, Settings.model_validate({"ttl": "5m", "rules": own}))
        assert f"{outcome.facts['input_saving_share']:.1%}" == "8.4%"
    for own in ({}, {"min_tokens": 1_024, "write_multiplier": "2", "read_multiplier": "0.1"}):
        outcome = LEVER.apply(mooncake, Settings.model_validate({"ttl": "1h", "rules": own}))
        assert f"{outcome.facts['input_saving_share']:.1%}" == "-29.1%"


@pytest.mark.parametrize(
    ("provider", "model", "least", "short", "long"),
    [
        ("anthropic", "claude-opus-5", 512, 300, 3_600),
        ("anthropic", "claude-opus-4-7", 2_048, 300, 3_600),
        ("aws.bedrock", "us.anthropic.claude-opus-4-7-v1:0", 4_096, 300, 3_600),
        ("anthropic", "claude-opus-4-5-20251101", 4_096, 300, 3_600),
        ("anthropic", "claude-opus-4-20250514", 1_024, 300, 3_600),
        ("aws.bedrock", "us.anthropic.claude-haiku-4-5-20251001-v1:0", 4_096, 300, 3_600),
        ("anthropic", "claude-3-5-haiku-20241022", 2_048, 300, 3_600),
        ("gcp.vertex_ai", "claude-sonnet-4-5@20250929", 1_024, 300, 3_600),
        ("openai", "gpt-4o-2024-08-06", 1_024, 300, 300),
        ("openai", "gpt-4.1-mini", 1_024, 300, 300),
        ("openai", "gpt-4.1", 1_024, 300, 86_400),
        ("openai", "gpt-5.5", 1_024, 86_400, 86_400),
        ("openai", "gpt-5.6", 1_024, 1_800, 1_800),
        ("openai", "o3-mini", 1_024, 300, 300),
        ("gcp.gemini", "gemini-2.5-flash", 2_048, 300, 300),
        ("gcp.gemini", "gemini-3.1-pro-preview", 4_096, 300, 300),
    ],
)
def test_what_providers_say(provider: str, model: str, least: int, short: int, long: int) -> None:
    rule = rule_of(provider, model)
    assert rule is not None
    assert (rule.min_tokens, rule.short_seconds, rule.long_seconds) == (least, short, long)


def test_models_without_a_cache_have_no_rule() -> None:
    for provider, model in [("openai", "gpt-3.5-turbo"), ("openai", "gpt-4-turbo"), ("gcp.gemini", "gemini-2.0-flash")]:
        assert rule_of(provider, model) is None
    assert all(rule.short_seconds <= rule.long_seconds for rule in RULES)


@pytest.mark.parametrize(
    "wrong",
    [{"ttl": "5 minutes"}, {"ttl": 300}, {"scope": "user"}, {"rules": {"write_premium": 2}}, {"cacheable_share": 1.5}],
)
def test_a_setting_that_means_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(wrong)


def test_settings_are_written_out_as_a_plan_says_them() -> None:
    said = Settings.model_validate({"rules": {"ttl": "unlimited"}}).model_dump(mode="json")
    assert (said["ttl"], said["rules"]["ttl"]) == ("auto", "unlimited")
    text, off = Settings.model_json_schema()["properties"]["ttl"]["anyOf"]
    assert (text["type"], off) == ("string", {"const": False})


def test_prompts_may_be_replayed_in_parts(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three days of the month are some 17,000 blocks: at once, or in more than a hundred parts."""
    step = [Planned(LEVER, "prompt_cache", Settings())]
    with open_store(workshop.folder / "llmaudit.duckdb", read_only=True) as store:
        condition = "started_at >= '2026-10-20' and started_at < '2026-10-23'"
        at_once = waterfall(store, step, condition=condition)
        monkeypatch.setattr(prompt_cache_replay, "BLOCKS_AT_ONCE", 150)
        assert waterfall(store, step, condition=condition) == at_once
    assert at_once.steps[0].facts["block_hits"] > 5_000
