"""How long answers took, by group: nearest-rank percentiles, each only where there are enough calls to tell.

A percentile is told when its upper bound at 95 % is itself an observed value: 1 - p**n >= 0.975, so from 6 calls on for
the median, 72 for P95 and 368 for P99 (order statistics; David and Nagaraja, Order Statistics, 3rd ed., section 7.1).
"""

from dataclasses import dataclass

from llmaudit.analyses.dimensions import Dimension
from llmaudit.store import Store, load_sql

_LATENCY = load_sql(__package__, "latency")
_ENOUGH = {"p50": 6, "p95": 72, "p99": 368}


@dataclass(frozen=True, slots=True)
class Latency:
    """The calls of one group that were answered and timed; seconds, None where there are too few calls to tell."""

    key: str | None
    timed_calls: int
    p50_seconds: float | None
    p95_seconds: float | None
    p99_seconds: float | None
    streamed_calls: int
    first_token_p50_seconds: float | None
    first_token_p95_seconds: float | None


@dataclass(frozen=True, slots=True)
class Latencies:
    """The latencies of the groups of a dimension, the most used first, and of all calls together."""

    by: Dimension
    all: Latency | None
    groups: tuple[Latency, ...]


def latencies(store: Store, *, by: Dimension) -> Latencies:
    """How long the calls bound as `chosen` took."""
    store.bind("keyed", "select cast(null as varchar) as key, * from chosen")
    everything = [_latency(None, *rest) for _, *rest in store.rows(_LATENCY)]
    store.bind("keyed", f"select {by.sql} as key, * from chosen")
    groups = tuple(_latency(None if key is None else by.written(key), *rest) for key, *rest in store.rows(_LATENCY))
    return Latencies(by, everything[0] if everything else None, groups)


def _latency(
    key: str | None,
    timed: int,
    p50: float | None,
    p95: float | None,
    p99: float | None,
    streamed: int,
    first_p50: float | None,
    first_p95: float | None,
) -> Latency:
    def told(value: float | None, calls: int, percentile: str) -> float | None:
        return value if calls >= _ENOUGH[percentile] else None

    return Latency(
        key,
        timed,
        told(p50, timed, "p50"),
        told(p95, timed, "p95"),
        told(p99, timed, "p99"),
        streamed,
        told(first_p50, streamed, "p50"),
        told(first_p95, streamed, "p95"),
    )
