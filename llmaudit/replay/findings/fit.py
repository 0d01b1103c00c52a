"""Least squares with an honest answer about how much it knows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

_FEWEST = 8
"""Fewer points than this fit anything."""


@dataclass(frozen=True, slots=True)
class Line:
    """`y = intercept + slope x`, and the 95 % interval of the slope. `explained` is the share of variance, R²."""

    slope: float
    intercept: float
    low: float
    high: float
    explained: float

    @property
    def rises(self) -> bool:
        """Whether y grows with x beyond doubt."""
        return self.low > 0


def line(x: Sequence[float], y: Sequence[float]) -> Line | None:
    """The line through the points; None where there are too few, or all have the same x: then no slope can be told."""
    n = len(x)
    if n < _FEWEST or max(x) == min(x):
        return None
    mean_x, mean_y = math.fsum(x) / n, math.fsum(y) / n
    spread = math.fsum((a - mean_x) ** 2 for a in x)
    slope = math.fsum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / spread
    intercept = mean_y - slope * mean_x
    left = math.fsum((b - intercept - slope * a) ** 2 for a, b in zip(x, y, strict=True))
    whole = math.fsum((b - mean_y) ** 2 for b in y)
    margin = student(n - 2) * math.sqrt(left / (n - 2) / spread)
    return Line(slope, intercept, slope - margin, slope + margin, 1 - left / whole if whole else 1.0)


def student(freedom: int) -> float:
    """The 97.5 % point of Student's t, to three digits from 6 degrees of freedom on.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5 (an expansion from the normal's).
    """
    z = NormalDist().inv_cdf(0.975)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3
