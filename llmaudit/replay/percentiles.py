"""Percentiles that were observed, and how far off they could be.

A percentile is the nearest rank: the smallest value that at least that share of the values does not exceed. Its
interval runs between two other order statistics, chosen by the binomial distribution of how many values fall below the
true percentile (W. J. Conover, Practical Nonparametric Statistics, chapter 3). It assumes nothing about the shape of
latencies, and where it needs more values than there are it says so; a bootstrap of a tail would cover 64 % instead of
95 % at p95 with 20 values.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

P50, P95, P99 = Fraction(50, 100), Fraction(95, 100), Fraction(99, 100)
_TAIL = 0.025
"""Beyond each end of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Percentile:
    """An observed value of `n`, and the 95 % interval of the true one.

    `low` and `high` are None where so few values cannot bound it: the value is then that of these, and of no others.
    """

    value: float
    n: int
    low: float | None
    high: float | None

    @property
    def estimable(self) -> bool:
        return self.low is not None


def percentile(values: Sequence[float], share: Fraction) -> Percentile | None:
    """The percentile of the values, in any order; None of none."""
    if not values:
        return None
    ordered = sorted(values)
    ranks = interval_ranks(len(ordered), share)
    low, high = (None, None) if ranks is None else (ordered[ranks[0] - 1], ordered[ranks[1] - 1])
    return Percentile(ordered[rank(len(ordered), share) - 1], len(ordered), low, high)


def rank(n: int, share: Fraction) -> int:
    """The nearest rank, from 1."""
    return max(1, math.ceil(share * n))


def needed(share: Fraction) -> int:
    """How many values it takes to bound this percentile on both sides: 6 for p50, 72 for p95, 368 for p99."""
    return math.ceil(max(math.log(_TAIL) / math.log(share), math.log(_TAIL) / math.log(1 - share)))


@cache
def interval_ranks(n: int, share: Fraction) -> tuple[int, int] | None:
    """The ranks, from 1, between which the true percentile lies in at least 95 % of samples of n; None for few."""
    if n < needed(share):
        return None
    # B values fall below the true percentile; it lies above rank l when B >= l, and below rank u when B < u.
    below, low = 0.0, 0
    while (below := below + _probability(low, n, share)) <= _TAIL:
        low += 1
    above, high = 0.0, n + 1
    while (above := above + _probability(high - 1, n, share)) <= _TAIL:
        high -= 1
    return low, high


def _probability(count: int, n: int, share: Fraction) -> float:
    """That exactly so many of n fall below."""
    ways = math.lgamma(n + 1) - math.lgamma(count + 1) - math.lgamma(n - count + 1)
    return math.exp(ways + count * math.log(share) + (n - count) * math.log(1 - share))
