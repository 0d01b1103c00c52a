"""Batch against plain Python: prices that a batch lacks, and which groups look like jobs."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import mean, pstdev
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmaudit.levers.batch import LEVER
from llmaudit.store import Store, open_store
from tests.levers.inputs import bind_input, changes_of

MINUTE = 60_000_000
DAY = 24 * 60 * MINUTE
METERS = ("input", "cache_read", "cache_write", "cache_write_1h", "output")
# Model: what a batch has a price for (input, cache read, cache write, write for an hour, output).
SOLD = {
    "all": (1, 1, 1, 1, 1),
    "no-read": (1, 0, 1, 1, 1),
    "no-write": (1, 1, 0, 0, 1),
    "no-hour": (1, 1, 1, 0, 1),
    "no-output": (1, 1, 1, 1, 0),
    "none": (0, 0, 0, 0, 0),
}


@pytest.fixture(scope="module")
def shop() -> Iterator[Store]:
    """A store with the batch rates of SOLD; from day 100 on, and for inputs of at most 1,000 tokens."""
    with open_store(":memory:") as store:
        for model, sold in SOLD.items():
            columns = ", ".join(f"effective_{meter}" for meter in METERS)
            prices = ", ".join("0.001" if price else "null" for price in sold)
            store.run(f"""
                insert into rates (provider_name, model, service_tier, region, valid_from_us, valid_to_us,
                    from_second_of_day, to_second_of_day, over_input_tokens, up_to_input_tokens, {columns},
                    price_basis, priced_as, source)
                values ('shop', '{model}', 'batch', '', {100 * DAY}, {10**18}, 0, 86400, -1, 1000, {prices},
                    'exact', '', '')""")
        yield store


def _call(**changes: Any) -> dict[str, Any]:
    return {
        "provider_name": "shop",
        "response_model": "all",
        "service_tier": "standard",
        "status": "ok",
        "started_at_us": 200 * DAY,
        "input_tokens": 1_000,
        "output_tokens": 10,
        **changes,
    }


def test_tokens_that_a_batch_does_not_cache_are_ordinary_input(shop: Store) -> None:
    cached = {"cache_read_input_tokens": 600, "cache_creation_input_tokens": 300, "cache_creation_1h_input_tokens": 100}
    bind_input(shop, [_call(response_model=model, **cached) for model in ("all", "no-read", "no-write", "no-hour")])
    changed, outcome = changes_of(shop, LEVER, {})
    moved = {"basis": "measured", "service_tier": "batch"}
    assert changed == {
        1: moved,
        2: {**moved, "cache_read_input_tokens": 0},
        3: {**moved, "cache_creation_input_tokens": 0, "cache_creation_1h_input_tokens": 0},
        4: {**moved, "cache_creation_input_tokens": 200, "cache_creation_1h_input_tokens": 0},
    }
    assert outcome.facts["uncached_calls"] == 3
    assert outcome.warnings[0].startswith("3 calls had cached tokens for which a batch has no price")


def test_the_price_has_to_hold_on_the_day_and_for_the_size(shop: Store) -> None:
    bind_input(shop, [_call(started_at_us=99 * DAY), _call(input_tokens=1_001), _call(region="mars"), _call()])
    changed, outcome = changes_of(shop, LEVER, {})
    assert list(changed) == [4]
    assert outcome.facts["no_batch_price"] == [{"provider_name": "shop", "model": "all", "calls": 3}]


def test_a_window_shorter_than_the_provider_promises_is_said(store: Store) -> None:
    store.run("""
        insert into rates (provider_name, model, service_tier, region, valid_from_us, valid_to_us, from_second_of_day,
            to_second_of_day, over_input_tokens, up_to_input_tokens, effective_input, effective_output, price_basis,
            priced_as, source)
        values ('openai', 'm', 'batch', '', 0, 1000000000000000000, 0, 86400, -1, 10000, 1, 1, 'exact', '', '')""")
    bind_input(store, [_call(provider_name="openai", response_model="m")])
    assert changes_of(store, LEVER, {"completion_window": "24h"})[1].warnings == ()
    assert changes_of(store, LEVER, {"completion_window": "2h"})[1].warnings == (
        "openai promises batch results within 24 h, later than the completion window",
    )


TOKENS = st.integers(0, 400)
CALLS = st.lists(
    st.fixed_dictionaries(
        {
            "response_model": st.sampled_from([*SOLD, None]),
            "provider_name": st.sampled_from(["shop", "shop", None]),
            "service_tier": st.sampled_from(["standard", "standard", "batch", "flex"]),
            "status": st.sampled_from(["ok", "ok", "error"]),
            "input_tokens": st.sampled_from([None, 900, 1_000, 1_001]),
            "output_tokens": st.sampled_from([None, 0, 10]),
            "cache_read_input_tokens": st.none() | TOKENS,
            "cache_creation_input_tokens": st.none() | st.integers(200, 400),
            "cache_creation_1h_input_tokens": st.none() | st.integers(0, 200),
            "started_at_us": st.sampled_from([None, 99 * DAY, 100 * DAY, 300 * DAY]),
        }
    ),
    max_size=10,
)


def _expected(call: Mapping[str, Any]) -> dict[str, Any] | None:
    if (call["status"], call["service_tier"]) != ("ok", "standard") or call["input_tokens"] is None:
        return None
    if call["provider_name"] is None or call["response_model"] is None or call["input_tokens"] > 1_000:
        return None
    # A call without a time has the prices in force last.
    if call["started_at_us"] is not None and call["started_at_us"] < 100 * DAY:
        return None
    sold_input, read, write, hour, output = SOLD[call["response_model"]]
    if not sold_input or (call["output_tokens"] and not output):
        return None
    after: dict[str, Any] = {"basis": "measured", "service_tier": "batch"}
    written, long_written = call["cache_creation_input_tokens"] or 0, call["cache_creation_1h_input_tokens"] or 0
    if call["cache_read_input_tokens"] and not read:
        after["cache_read_input_tokens"] = 0
    if not write and written:
        after["cache_creation_input_tokens"] = 0
    if write and not hour and long_written:
        after["cache_creation_input_tokens"] = written - long_written
    if long_written and not (write and hour):
        after["cache_creation_1h_input_tokens"] = 0
    return after


@given(calls=CALLS, left_out=st.sets(st.integers(1, 10)))
def test_every_change_equals_a_plain_replay(shop: Store, calls: list[dict[str, Any]], left_out: set[int]) -> None:
    for call in calls:  # as every log: what is kept an hour is part of what is written
        if call["cache_creation_input_tokens"] is None:
            call["cache_creation_1h_input_tokens"] = None
    chosen = set(range(1, len(calls) + 1)) - left_out
    bind_input(shop, calls, chosen)
    changed, outcome = changes_of(shop, LEVER, {})
    expected = {number: _expected(call) for number, call in enumerate(calls, start=1) if number in chosen}
    assert changed == {number: row for number, row in expected.items() if row is not None}
    stay = outcome.facts["eligible_calls"] - outcome.facts["moved_calls"]
    assert stay == sum(row["calls"] for row in outcome.facts["no_batch_price"])
    assert outcome.facts["moved_calls"] == len(changed)


def _bursts(starts: Sequence[int]) -> list[int]:
    ordered = sorted(starts)
    return [at for place, at in enumerate(ordered) if place == 0 or at - ordered[place - 1] > 10 * MINUTE]


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "c"]),
        st.lists(st.tuples(st.integers(0, 9), st.integers(-40, 40), st.booleans()), min_size=1, max_size=20),
    )
)
def test_candidates_are_the_groups_whose_bursts_are_regular(
    shop: Store, groups: dict[str, list[tuple[int, int, bool]]]
) -> None:
    """Calls up to 40 minutes beside every fourth hour; a few of them streamed."""
    calls = [
        _call(
            feature=feature,
            started_at_us=200 * DAY + hour * 240 * MINUTE + offset * MINUTE,
            streamed=streamed and hour > 8,
        )
        for feature, times in groups.items()
        for hour, offset, streamed in times
    ]
    bind_input(shop, calls, chosen=set())
    _, outcome = changes_of(shop, LEVER, {})
    expected = {}
    for feature in groups:
        own = [call for call in calls if call["feature"] == feature]
        bursts = _bursts([call["started_at_us"] for call in own])
        gaps = [(after - before) // 1_000_000 for before, after in pairwise(bursts)]
        if len(bursts) < 5 or any(call["streamed"] for call in own) or pstdev(gaps) / mean(gaps) >= 0.15:
            continue
        expected[feature] = (len(own), 1_000 * len(own), 10 * len(own), len(bursts))
    assert {
        row["key"]: (row["calls"], row["input_tokens"], row["output_tokens"], row["bursts"])
        for row in outcome.facts["candidates"]
    } == expected


def test_a_group_is_told_by_its_prompt_or_its_key_where_it_has_no_feature(shop: Store) -> None:
    def nightly(**whose: str) -> list[dict[str, Any]]:
        return [_call(started_at_us=(200 + night) * DAY, **whose) for night in range(5)]

    bind_input(shop, [*nightly(system_prompt_hash="s", api_key_id="k"), *nightly(api_key_id="k"), *nightly()], set())
    found = changes_of(shop, LEVER, {})[1].facts["candidates"]
    assert [(row["by"], row["key"], row["calls"], row["gap_variation"]) for row in found] == [
        ("api_key_id", "k", 5, 0.0),
        ("system_prompt_hash", "s", 5, 0.0),
    ]


def test_a_conversation_or_four_bursts_are_no_job(shop: Store) -> None:
    talk = [_call(feature="talk", conversation_id=f"{n}", started_at_us=(200 + n) * DAY) for n in range(9)]
    few = [_call(feature="few", started_at_us=(200 + n) * DAY) for n in range(4)]
    bind_input(shop, [*talk, *few], chosen=set())
    assert changes_of(shop, LEVER, {})[1].facts["candidates"] == []
