"""How far a change could be off: intervals each end of which is passed by chance at most `tail` of the time.

Means: Welch's t for a difference, Fieller's theorem for a ratio (E. C. Fieller, "Some problems in interval estimation",
Journal of the Royal Statistical Society B 16, 1954, 175-185): the ratios r for which after - r·before may well be 0.
Percentiles: a bootstrap. The percentile of a resample is an order statistic, whose rank among the values is distributed
as Beta(k, n - k + 1) (H. A. David, H. N. Nagaraja, Order Statistics, 3rd ed., section 2.1), so it is drawn at once
instead of by resampling n values. The seed is fixed, so that a verdict repeats.
"""

import math
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from llmaudit.checks.samples import Sample
from llmaudit.levers.evidence import t_quantile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SEED = 20_261_127
_DRAWS = 10_000
_MOST_FREEDOM = 1_000
Interval = tuple[float, float]


def of_mean(found: Sample, tail: float) -> Interval:
    """The interval of a mean or a sum."""
    half = _t(tail, found.n - 1) * math.sqrt(found.error)
    return float(found.value) - half, float(found.value) + half


def of_difference(before: Sample, after: Sample, tail: float) -> Interval:
    """The interval of after - before."""
    half = half_width(before, after, tail)
    change = float(after.value - before.value)
    return change - half, change + half


def half_width(before: Sample, after: Sample, tail: float) -> float:
    """How far a difference may be off."""
    return _t(tail, _freedom(before, after, 1.0)) * math.sqrt(before.error + after.error)


def of_ratio(before: Sample, after: Sample, tail: float) -> Interval | None:
    """The interval of after / before - 1; None where `before` cannot be told from nothing."""
    a, b = float(before.value), float(after.value)
    if a <= 0:
        return None
    t = _t(tail, _freedom(before, after, b / a))
    square = a * a - t * t * before.error
    if square <= 0:
        return None
    root = math.sqrt(max(0.0, (a * b) ** 2 - square * (b * b - t * t * after.error)))
    return (a * b - root) / square - 1, (a * b + root) / square - 1


def of_percentile(counts: Counter[int], rank: int, tail: float) -> Interval:
    """The interval of a percentile."""
    return _ends(_drawn(counts, rank, 0), tail)


def of_percentiles(
    before: Counter[int], after: Counter[int], rank: int, tail: float, *, relative: bool
) -> Interval | None:
    """The interval of the change of a percentile: of its ratio less 1, or of its difference."""
    a, b = _drawn(before, rank, 0), _drawn(after, rank, 1)
    if not relative:
        return _ends(b - a, tail)
    return _ends(b / a - 1, tail) if (a > 0).all() else None


def _drawn(counts: Counter[int], rank: int, stream: int) -> "NDArray[np.float64]":
    """The percentile in many resamples of the counts."""
    import numpy as np

    values = np.array(sorted(counts), dtype=float)
    reached = np.cumsum([counts[int(value)] for value in values])
    n = int(reached[-1])
    place = max(1, math.ceil(rank * n / 100))
    drawn = np.random.default_rng((_SEED, stream)).beta(place, n - place + 1, size=_DRAWS)
    found: NDArray[np.float64] = values[np.searchsorted(reached / n, drawn)]
    return found


def _ends(drawn: "NDArray[np.float64]", tail: float) -> Interval:
    import numpy as np

    low, high = np.quantile(drawn, (tail, 1 - tail), method="inverted_cdf")
    return float(low), float(high)


def _freedom(before: Sample, after: Sample, ratio: float) -> float:
    """Welch's degrees of freedom of after - ratio·before."""
    parts = before.error * ratio * ratio, after.error
    if not sum(parts):
        return float(before.n + after.n - 2)
    return sum(parts) ** 2 / sum(part**2 / (n - 1) for part, n in zip(parts, (before.n, after.n), strict=True))


def _t(tail: float, freedom: float) -> float:
    """The value that t exceeds `tail` of the time. Beyond a thousand degrees of freedom it hardly changes any more."""
    return _quantile(tail, max(1, min(_MOST_FREEDOM, math.floor(freedom))))


@lru_cache(maxsize=4096)
def _quantile(tail: float, freedom: int) -> float:
    return t_quantile(1 - tail, freedom)
