"""The response cache replays what a store with a time to live and a size would have answered, call by call."""

import gzip
import random
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from pydantic import ValidationError

from llmaudit.levers.lever import Outcome
from llmaudit.levers.response_cache import LEVER
from llmaudit.levers.response_cache_curve import curve
from llmaudit.levers.response_cache_settings import Settings
from llmaudit.store import Store, open_store
from tests.levers.response_cache_cases import CALLS, POPULAR, SECOND, TTLS, A, B, C, requests, us
from tests.levers.response_cache_oracle import Call, hits

LIRS = Path(__file__).resolve().parents[2] / ".." / "shared" / "traces" / "lirs_multi1.trace.gz"
COLUMNS = {
    "call_id": "bigint",
    "request_hash": "bigint",
    "started_at_us": "bigint",
    "duration_seconds": "double",
    "status": "varchar",
    "tier": "varchar",
    "user_id": "varchar",
    "temperature": "double",
    "tool_definition_tokens": "bigint",
    "fits": "boolean",
}


@pytest.fixture(scope="module")
def cache() -> Iterator[Store]:
    """A store whose `lever_input` each test fills itself."""
    with open_store(":memory:") as store:
        store.run(f"create temp table lever_input ({', '.join(f'{name} {kind}' for name, kind in COLUMNS.items())})")
        yield store


def fill(store: Store, calls: Sequence[Call], temperature: float | None = 0, tools: int | None = 0) -> None:
    store.run("delete from lever_input")
    rows = [
        (c.call_id, c.request_hash, c.at, None if c.takes is None else c.takes / SECOND, c.status, c.tier, c.user_id)
        for c in calls
    ]
    store.insert("lever_input", [(*row, temperature, tools, True) for row in rows])


def apply(store: Store, **settings: Any) -> tuple[set[int], Outcome]:
    """The hits, all of them measured, and what the lever says of them."""
    outcome = LEVER.apply(store, Settings(**settings))
    changes = store.rows("select call_id, basis, response_cache_hit from lever_changes")
    assert {(basis, hit) for _, basis, hit in changes} <= {("measured", True)}
    assert len(changes) == len({row[0] for row in changes})
    return {row[0] for row in changes}, outcome


# ---- worked by hand

DAY = [
    Call(1, A, 0),  # writes A
    Call(2, A, 30 * SECOND),  # A is 30 s old
    Call(3, A, 60 * SECOND),  # A is 60 s old: still alive at a ttl of 1m
    Call(4, A, 61 * SECOND),  # A is 61 s old, reading it has not renewed it: writes A anew
    Call(5, B, 70 * SECOND, status="error"),  # fails: nothing to keep
    Call(6, B, 80 * SECOND),  # writes B
    Call(7, B, 90 * SECOND),  # B is there
    Call(8, A, 100 * SECOND),  # A of 61 s is 39 s old
    Call(9, C, 110 * SECOND),  # writes C
    Call(10, B, 120 * SECOND),  # B is 40 s old; with two entries it went when C came, A having been used after it
    Call(11, None, 125 * SECOND),
    Call(12, A, None),
]


def test_a_day_worked_by_hand(cache: Store) -> None:
    fill(cache, DAY)
    found, outcome = apply(cache, ttl="1m")
    assert found == {2, 3, 7, 8, 10}
    assert outcome.facts["eligible_calls"] == 10
    assert outcome.facts["different_requests"] == 3
    assert outcome.facts["hits"] == 5
    assert outcome.facts["hit_share"] == 0.5
    assert outcome.facts["assumed_hits"] == 0
    assert outcome.warnings == (
        "1 call has no request hash and is left out",
        "1 call has no time and is left out",
    )


def test_the_same_day_with_a_small_cache_and_with_renewal(cache: Store) -> None:
    fill(cache, DAY)
    assert apply(cache, ttl="1m", max_entries=2)[0] == {2, 3, 7, 8}
    assert apply(cache, ttl="1m", max_entries=1)[0] == {2, 3, 7}
    # Renewed by the reads of 30 and 60 s, A is one second old at 61 s.
    assert apply(cache, ttl="1m", refresh=True)[0] == {2, 3, 4, 7, 8, 10}
    # Too short for 2 and 3, which write A anew; at 61 s it is one second old.
    assert apply(cache, ttl="29s")[0] == {4, 7}
    assert apply(cache, ttl="unlimited", max_entries="unlimited")[0] == {2, 3, 4, 7, 8, 10}


SLOW = [
    Call(1, A, 0, takes=10 * SECOND),
    Call(2, A, 4 * SECOND, takes=10 * SECOND),  # before the answer of 1 exists
    Call(3, A, 10 * SECOND, takes=10 * SECOND),  # at the instant in which it exists
    Call(4, A, 23 * SECOND, takes=10 * SECOND),  # 13 s after that of 1, but 2 wrote at 14 s
    Call(5, A, 25 * SECOND, takes=10 * SECOND),  # 11 s after that of 2
]


def test_an_answer_is_usable_only_when_it_exists(cache: Store) -> None:
    fill(cache, SLOW)
    assert apply(cache, ttl="10s")[0] == {3, 4}


def test_calls_in_flight_are_joined_when_asked_to(cache: Store) -> None:
    fill(cache, SLOW)
    # 2 joins 1; nothing is written at 14 s then, so 4 comes too late, writes at 33 s, and 5 joins it.
    assert apply(cache, ttl="10s", coalesce=True)[0] == {2, 3, 5}


def test_an_answer_that_overwrites_is_a_use(cache: Store) -> None:
    both = [Call(1, A, 0, takes=2 * SECOND), Call(2, A, 1 * SECOND, takes=5 * SECOND)]
    # Of two entries B is the older one when C comes: A was written again at 6 s.
    fill(cache, [*both, Call(3, B, 3 * SECOND), Call(4, C, 7 * SECOND), Call(5, A, 8 * SECOND), Call(6, B, 9 * SECOND)])
    assert apply(cache, max_entries=2)[0] == {5}


def test_nobody_joins_a_call_that_fails(cache: Store) -> None:
    fill(
        cache, [Call(1, A, 0, 9 * SECOND, status="timeout"), Call(2, A, 1 * SECOND, 9 * SECOND), Call(3, A, 2 * SECOND)]
    )
    assert apply(cache, coalesce=True)[0] == {3}


def test_a_call_that_failed_may_be_answered_from_the_cache(cache: Store) -> None:
    fill(cache, [Call(1, A, 0), Call(2, A, 1, status="rate_limited"), Call(3, A, 2, status="error")])
    assert apply(cache)[0] == {2, 3}


def test_at_the_same_instant_the_lower_call_id_comes_first(cache: Store) -> None:
    fill(cache, [Call(7, A, 5), Call(3, A, 5), Call(5, A, 5)])
    assert apply(cache)[0] == {5, 7}


def test_entries_are_shared_within_the_scope_only(cache: Store) -> None:
    fill(
        cache,
        [
            Call(1, A, 0, tier="free", user_id="ann"),
            Call(2, A, 1, tier="free", user_id="bob"),
            Call(3, A, 2, tier="pro", user_id="ann"),
            Call(4, A, 3, tier=None, user_id=None),
            Call(5, A, 4, tier=None, user_id=None),
        ],
    )
    assert apply(cache)[0] == {2, 3, 4, 5}
    assert apply(cache, scope="tier")[0] == {2}
    found, outcome = apply(cache, scope="user")
    assert found == {3}
    assert outcome.facts["eligible_calls"] == 3
    assert outcome.warnings == ("2 calls have no known user to share answers within and are left out",)


def test_a_semantic_cache_takes_the_assumed_share_of_what_is_left(cache: Store) -> None:
    fill(cache, [Call(number, number // 2, number) for number in range(100)])  # 50 requests, each twice
    outcome = LEVER.apply(cache, Settings(semantic={"extra_hit_share": "0.13"}))
    # 50 calls are left, of which 13 % are 6.5.
    assert cache.rows("select basis, count(*) from lever_changes group by basis order by basis") == [
        ("assumed", 6),
        ("measured", 50),
    ]
    assert cache.value("select count(distinct call_id) from lever_changes") == 56
    assert outcome.facts["hits"] == 50
    assert outcome.facts["assumed_hits"] == 6
    again = cache.rows("select call_id from lever_changes order by call_id")
    LEVER.apply(cache, Settings(semantic={"extra_hit_share": "0.13"}))
    assert cache.rows("select call_id from lever_changes order by call_id") == again


def test_a_log_without_hashes_is_left_as_it_is(cache: Store) -> None:
    fill(cache, [Call(1, None, 0), Call(2, None, 1)])
    found, outcome = apply(cache)
    assert found == set()
    assert outcome.warnings == ("no call has a request hash",)
    assert outcome.facts["hit_share"] is None
    fill(cache, [])
    assert apply(cache)[1].warnings == ("no call meets `when`",)


def test_only_calls_that_meet_the_condition_count(cache: Store) -> None:
    fill(cache, [Call(number, A, number) for number in range(1, 7)])
    cache.run("update lever_input set fits = call_id % 2 = 0")
    found, outcome = apply(cache)
    assert found == {4, 6}
    assert outcome.facts["eligible_calls"] == 3


def test_warnings_say_what_an_answer_may_depend_on(cache: Store) -> None:
    fill(cache, [Call(1, A, 0), Call(2, A, 1)], temperature=0.7, tools=120)
    assert apply(cache)[1].warnings == (
        "2 calls at temperature > 0 are eligible by your `when`: a cached answer replaces a varied one",
        "2 calls with tools or a schema are eligible: an answer may depend on the world",
    )
    fill(cache, [Call(1, A, 0)], temperature=None, tools=None)
    assert apply(cache)[1].warnings == ("1 call of unknown temperature is eligible",)


@pytest.mark.parametrize(
    ("given_settings", "said"),
    [
        ({"ttl": 300}, "a duration is a number and a unit"),
        ({"ttl": "forever"}, "a duration is a number and a unit"),
        ({"max_entries": 0}, "greater than or equal to 1"),
        ({"scope": "planet"}, "'global', 'tier' or 'user'"),
        ({"semantic": {"extra_hit_share": "1.5"}}, "less than or equal to 1"),
        ({"time_to_live": "1h"}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_mean_nothing_are_refused(given_settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said) as caught:
        Settings(**given_settings)
    assert len(caught.value.errors()) == 1
    assert next(iter(given_settings)) == caught.value.errors()[0]["loc"][0]


def test_settings_are_written_out_as_they_are_read() -> None:
    chosen = Settings(ttl="1h", max_entries=1000, semantic={"extra_hit_share": "0.1"})
    assert chosen.ttl == 3600
    assert chosen.semantic is not None
    assert chosen.semantic.extra_hit_share == Decimal("0.1")
    assert Settings(**chosen.model_dump()) == chosen
    assert Settings().when == "temperature = 0"
    assert Settings(**Settings(ttl="unlimited").model_dump()).ttl is None


# ---- against brute force


@effort(max_examples=150, deadline=None)
@given(
    calls=CALLS,
    ttl=TTLS,
    max_entries=st.sampled_from([1, 2, 3, None]),
    coalesce=st.booleans(),
    refresh=st.booleans(),
    scope=st.sampled_from(["global", "tier", "user"]),
    order=st.randoms(use_true_random=False),
)
def test_the_lever_equals_brute_force_in_any_order_of_rows(
    cache: Store,
    calls: list[Call],
    ttl: int | None,
    max_entries: int | None,
    coalesce: bool,
    refresh: bool,
    scope: str,
    order: random.Random,
) -> None:
    expected = hits(calls, ttl=us(ttl), max_entries=max_entries, coalesce=coalesce, refresh=refresh, scope=scope)
    shuffled = list(calls)
    order.shuffle(shuffled)
    fill(cache, shuffled)
    written = "unlimited" if ttl is None else f"{ttl}s"
    found, outcome = apply(cache, ttl=written, max_entries=max_entries, coalesce=coalesce, refresh=refresh, scope=scope)
    assert found == expected
    assert outcome.facts["hits"] == len(expected)


# ---- what it says of other sizes and times to live


def test_the_curve_has_its_points_and_they_agree_with_the_lever(cache: Store) -> None:
    fill(cache, POPULAR)
    _, outcome = apply(cache)
    points = {(point["max_entries"], point["ttl"]): point for point in outcome.facts["curve"]}
    assert list(points) == [
        (max_entries, ttl)
        for ttl in ("5m", "1h", "24h", "7d", "unlimited")
        for max_entries in (100, 1_000, 10_000, 100_000, None)
    ]
    for max_entries, ttl in [(100, "5m"), (100, "1h"), (1_000, "1h"), (1_000, "unlimited"), (None, "5m")]:
        assert points[max_entries, ttl]["hits"] == len(apply(cache, max_entries=max_entries, ttl=ttl)[0])
        assert points[max_entries, ttl]["basis"] == "measured"


def test_one_hit_with_one_entry_is_said_as_one(cache: Store) -> None:
    fill(cache, [Call(1, A, 0), Call(2, A, SECOND)])
    points = ", ".join(f"{ttl}: 1 hit with 1 entry" for ttl in ("5m", "1h", "24h", "7d", "unlimited"))
    assert apply(cache, max_entries=1)[1].facts["in_words"] == [f"for 99 % of what can hit, {points}"]


def test_the_curve_has_the_point_of_the_plan_itself(cache: Store) -> None:
    fill(cache, POPULAR)
    hit, outcome = apply(cache, ttl="2h", max_entries=250)
    points = {(point["max_entries"], point["ttl"]): point["hits"] for point in outcome.facts["curve"]}
    assert points[250, "2h"] == len(hit)
    assert [ttl for capacity, ttl in points if capacity is None] == ["5m", "1h", "2h", "24h", "7d", "unlimited"]
    assert [capacity for capacity, ttl in points if ttl == "2h"] == [100, 250, 1_000, 10_000, 100_000, None]


def lru_hits(blocks: Sequence[int], size: int | None) -> int:
    kept: OrderedDict[int, None] = OrderedDict()
    found = 0
    for block in blocks:
        if block in kept:
            found += 1
            kept.move_to_end(block)
        else:
            kept[block] = None
            if size is not None and len(kept) > size:
                kept.popitem(last=False)
    return found


@pytest.mark.skipif(not LIRS.exists(), reason="the public traces are not beside the checkout")
def test_the_lirs_trace_hits_as_often_as_an_lru_should(cache: Store) -> None:
    lines = gzip.decompress(LIRS.read_bytes()).decode().split()
    blocks = [int(line) for line in lines if line != "*"]
    calls = [Call(n, block, n * SECOND) for n, block in enumerate(blocks)]
    capacities = [1, 2, 10, 100, 200, 400, 600, 800, 1_000, 1_500, 2_000, 2_500, 3_000, None]
    expected = [lru_hits(blocks, n) for n in capacities]
    fill(cache, calls)
    assert [len(apply(cache, ttl="unlimited", max_entries=n)[0]) for n in capacities] == expected
    points, _ = curve(requests(calls), Settings(), capacities=capacities, ttls=[None])
    assert [point["hits"] for point in points] == expected
    assert len(blocks) == 15_858
