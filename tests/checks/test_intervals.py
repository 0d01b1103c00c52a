"""Intervals against textbook values and brute force."""

import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from llmaudit.checks import intervals
from llmaudit.checks.samples import Sample


def sample(n: int, mean: float, variance: float) -> Sample:
    return Sample(n, Fraction(mean), variance / n)


def test_an_interval_of_a_mean_is_that_of_the_tables() -> None:
    """t(0.975; 24) is 2.0639: 100 ± 2.0639 * 10 / 5 (any table of Student's t)."""
    low, high = intervals.of_mean(sample(25, 100, 100), 0.025)
    assert (low, high) == pytest.approx((95.8722, 104.1278), abs=1e-3)


def test_an_interval_of_a_difference_is_welch_s() -> None:
    """Variances 4 and 9, 10 and 20 values: error² 0.4 + 0.45; freedom 0.85² / (0.4²/9 + 0.45²/19) = 25.4, so t(25)."""
    low, high = intervals.of_difference(sample(10, 5, 4), sample(20, 8, 9), 0.025)
    half = 2.05954 * math.sqrt(0.85)
    assert (low, high) == pytest.approx((3 - half, 3 + half), abs=1e-4)


def test_an_interval_of_a_ratio_holds_the_ratios_that_cannot_be_told_from_the_truth() -> None:
    """Fieller: r lies inside exactly where |after - r·before| is at most t times its error."""
    before, after = sample(2000, 10, 36), sample(2000, 11, 40)
    found = intervals.of_ratio(before, after, 0.025)
    assert found is not None
    t = 1.96234  # t(0.975; 1000), the most freedom that is looked up
    grid = [1 + place / 100_000 for place in range(30_000)]
    inside = [r for r in grid if abs(11 - r * 10) <= t * math.sqrt(40 / 2000 + r * r * 36 / 2000)]
    assert found == pytest.approx((inside[0] - 1, inside[-1] - 1), abs=2e-5)


def test_a_ratio_to_next_to_nothing_has_no_interval() -> None:
    assert intervals.of_ratio(sample(10, 0.1, 100), sample(10, 5, 1), 0.025) is None
    assert intervals.of_ratio(sample(10, 0, 0), sample(10, 5, 1), 0.025) is None


def test_without_any_spread_an_interval_is_a_point() -> None:
    assert intervals.of_ratio(sample(10, 2, 0), sample(10, 3, 0), 0.01) == (0.5, 0.5)


def test_a_percentile_s_interval_is_that_of_plain_resampling() -> None:
    """The 95th percentile of 400 values, resampled 4,000 times by hand."""
    draw = np.random.default_rng(11)
    values = np.round(draw.lognormal(6, 0.5, 400)).astype(int)
    picked = np.sort(draw.choice(values, size=(4000, 400)), axis=1)[:, 379]
    low, high = intervals.of_percentile(Counter(values.tolist()), 95, 0.025)
    plain = np.quantile(picked, (0.025, 0.975))
    assert (low, high) == pytest.approx((plain[0], plain[1]), rel=0.03)


def test_a_percentile_repeats_and_twice_as_slow_is_a_ratio_of_two() -> None:
    before = Counter(dict.fromkeys(range(100, 200), 5))
    after = Counter({value * 2: n for value, n in before.items()})
    first = intervals.of_percentiles(before, after, 95, 0.01, relative=True)
    assert first == intervals.of_percentiles(before, after, 95, 0.01, relative=True)
    assert first is not None
    assert first[0] < 1 < first[1]
    assert first[0] > 0.9
    assert intervals.of_percentiles(Counter({0: 100}), after, 95, 0.01, relative=True) is None
