"""Calls that a response cache may meet, and the columns that its replay makes of them."""

import random
from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from llmaudit.levers.response_cache_replay import Requests, replay
from llmaudit.levers.response_cache_settings import Settings
from tests.levers.response_cache_oracle import Call

SECOND = 1_000_000
A, B, C = 11, 22, 33

DURATIONS = st.sampled_from([None, 0, 1, 2, 3, 7])
CALLS = st.lists(
    st.tuples(
        st.sampled_from([None, A, A, B, B, C, 44]),
        st.one_of(st.integers(0, 25), st.integers(0, 25), st.none()),
        DURATIONS,
        st.sampled_from(["ok", "ok", "ok", "error", "timeout"]),
        st.sampled_from(["free", "pro", None]),
        st.sampled_from(["ann", "bob", None]),
    ),
    max_size=24,
).map(
    lambda rows: [
        Call(n, key, None if at is None else at * SECOND, None if t is None else t * SECOND, status, tier, user)
        for n, (key, at, t, status, tier, user) in enumerate(rows)
    ]
)
POPULAR = [Call(n, int(random.Random(n).paretovariate(0.9)) % 5_000, n * SECOND) for n in range(20_000)]
TTLS = st.sampled_from([1, 2, 3, 5, 10, None])


def us(ttl: int | None) -> int | None:
    return None if ttl is None else ttl * SECOND


def requests(calls: Sequence[Call]) -> Requests:
    """Calls that all have a hash and a time, as columns."""
    ordered = sorted(calls, key=lambda call: (call.at or 0, call.call_id))
    keys = {key: number for number, key in enumerate(sorted({call.request_hash or 0 for call in ordered}))}
    at = np.array([call.at for call in ordered], dtype=np.int64)
    return Requests(
        np.array([keys[call.request_hash or 0] for call in ordered], dtype=np.int64),
        at,
        at + np.array([call.takes or 0 for call in ordered], dtype=np.int64),
        np.array([call.status == "ok" for call in ordered], dtype=np.bool_),
    )


def hit_ids(calls: Sequence[Call], settings: Settings) -> set[int]:
    ordered = sorted(calls, key=lambda call: (call.at or 0, call.call_id))
    found = replay(requests(calls), settings)
    return {call.call_id for call, hit in zip(ordered, found.tolist(), strict=True) if hit}
