"""Percentiles by nearest rank, only where there are enough calls to tell."""

from collections.abc import Callable

from llmaudit.analyses.dimensions import DIMENSIONS
from llmaudit.analyses.latency import Latency, latencies
from llmaudit.store import Store

Fill = Callable[..., Store]


def test_nearest_rank_of_a_hundred(fill: Fill) -> None:
    # 1 … 100 s: rank 50 and rank 95; a hundred calls are too few for P99, five streamed ones for any median.
    calls = [{"feature": "a", "duration_seconds": n, "status": "ok"} for n in range(100, 0, -1)]
    calls += [{"feature": "b", "duration_seconds": 7, "time_to_first_token_seconds": 0.5}] * 5
    calls += [{"feature": "a", "duration_seconds": 999, "status": "timeout"}]
    calls += [{"feature": "a", "duration_seconds": 0, "response_cache_hit": True}, {"feature": "a"}]
    store = fill(*calls)
    store.bind("chosen", "select * from calls")
    found = latencies(store, by=DIMENSIONS["feature"])
    assert found.groups == (
        Latency("a", 100, 50, 95, None, 0, None, None),
        Latency("b", 5, None, None, None, 5, None, None),
    )
    # 105 values, among them 7 six times: rank 53 is 48, rank 100 is 95.
    assert found.all == Latency(None, 105, 48, 95, None, 5, None, None)


def test_p99_is_told_from_368_calls_on(fill: Fill) -> None:
    for calls, p99 in ((367, None), (368, 365)):  # 0.99 x 368 = 364.32, so the 365th
        store = fill(*({"duration_seconds": n} for n in range(1, calls + 1)))
        store.bind("chosen", "select * from calls")
        overall = latencies(store, by=DIMENSIONS["feature"]).all
        assert overall is not None
        assert overall.p99_seconds == p99


def test_calls_without_a_duration_say_nothing(fill: Fill) -> None:
    store = fill({"feature": "a"})
    store.bind("chosen", "select * from calls")
    assert latencies(store, by=DIMENSIONS["feature"]).all is None
