"""Does the cheaper model answer as well? The difference of two means with its 95 % interval, or that nobody knows.

Source: B. L. Welch, "The generalization of 'Student's' problem when several different population variances are
involved", Biometrika 34 (1947), for the interval; the quantile of t by inverting its distribution, which is an
incomplete beta function (Press et al., Numerical Recipes, 3rd ed., section 6.4, continued fraction).
"""

import math
from dataclasses import dataclass

NO_EVIDENCE = "no evidence: nothing scored"
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Sample:
    """The scores of one side: how many, their mean, and their variance (with n - 1; 0 for a single score)."""

    n: int
    mean: float
    variance: float

    @property
    def error(self) -> float | None:
        """The standard error of the mean, None for a single score."""
        return math.sqrt(self.variance / self.n) if self.n > 1 else None


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean of the target less mean of the source; `low` and `high` bound it at 95 %, None where that cannot be said."""

    mean: float | None
    low: float | None
    high: float | None
    says: str


def difference(before: Sample | None, after: Sample | None) -> Difference:
    """How the scores of two models differ, and the sentence a person needs to read it."""
    if before is None or after is None or not before.n or not after.n:
        return Difference(None, None, None, NO_EVIDENCE)
    mean = after.mean - before.mean
    if before.n < 2 or after.n < 2:
        return Difference(mean, None, None, "no evidence: an interval needs two scores of each model")
    parts = before.variance / before.n, after.variance / after.n
    error = math.sqrt(sum(parts))
    if error == 0:
        half = 0.0
    else:
        freedom = sum(parts) ** 2 / (parts[0] ** 2 / (before.n - 1) + parts[1] ** 2 / (after.n - 1))
        half = t_quantile(0.975, freedom) * error
    low, high = mean - half, mean + half
    if low <= 0 <= high:
        return Difference(mean, low, high, "the difference includes zero")
    return Difference(mean, low, high, "the target scores higher" if low > 0 else "the target scores lower")


def t_quantile(probability: float, freedom: float) -> float:
    """The value that Student's t stays below with this probability (above one half), to about 12 digits."""
    low, high = 0.0, 1.0
    while _below(high, freedom) < probability:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        if _below(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _below(t: float, freedom: float) -> float:
    """The probability of a value below `t`, which is not negative."""
    return 1 - _incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2


def _incomplete_beta(x: float, a: float, b: float) -> float:
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    # The fraction converges fast on this side of the mean only; the other side is its complement.
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    whole = d
    for m in range(1, 10_000):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away(1 + step * d)
            c = _away(1 + step / c)
            whole *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return whole


def _away(value: float) -> float:
    """A number that can be divided by."""
    return value if abs(value) > _TINY else _TINY
