"""What limits may be asked of: means and percentiles per call, and sums of the whole."""

import re
from dataclasses import dataclass

from llmaudit.words import did_you_mean


@dataclass(frozen=True, slots=True)
class Metric:
    """Something that a check compares. `measure` is what of a call is looked at; `rank` the percentile, None for means.

    `whole` metrics are sums over all calls of a side, and may be asked per day, week or month.
    """

    name: str
    measure: str
    unit: str
    rank: int | None = None
    whole: bool = False


_MEASURED = {
    "cost": "USD",
    "input_tokens": "tokens",
    "output_tokens": "tokens",
    "tokens": "tokens",
    "seconds": "s",
    "time_to_first_token_seconds": "s",
}
_RANKS = (50, 90, 95, 99)
_PERCENTILE = re.compile(r"p(\d\d)_(\w+)")
_PLAIN = {
    "cost_per_call": Metric("cost_per_call", "cost", "USD"),
    "input_tokens_per_call": Metric("input_tokens_per_call", "input_tokens", "tokens"),
    "output_tokens_per_call": Metric("output_tokens_per_call", "output_tokens", "tokens"),
    "tokens_per_call": Metric("tokens_per_call", "tokens", "tokens"),
    "seconds_per_call": Metric("seconds_per_call", "seconds", "s"),
    "failed_share": Metric("failed_share", "failed", "%"),
    "total_cost": Metric("total_cost", "cost", "USD", whole=True),
    "cost_per_day": Metric("cost_per_day", "cost", "USD", whole=True),
}
METRICS = (*_PLAIN, *(f"p{rank}_{measure}" for measure in _MEASURED for rank in _RANKS))
"""The names of all metrics."""


def metric(name: str) -> Metric:
    """The metric of that name. Raises ValueError naming the nearest one."""
    if name in _PLAIN:
        return _PLAIN[name]
    found = _PERCENTILE.fullmatch(name)
    if found and name in METRICS:
        return Metric(name, found[2], _MEASURED[found[2]], rank=int(found[1]))
    hint = did_you_mean(name, METRICS, otherwise=f"one of {', '.join(_PLAIN)}, p95_seconds, …")
    raise ValueError(f"{name!r} is not measured; {hint}")
