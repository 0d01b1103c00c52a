"""Percentiles against figures from tables and against counting; intervals against how often they really hold."""

import random
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmaudit.replay.percentiles import P50, P95, P99, interval_ranks, needed, percentile


def test_the_nearest_rank_is_a_value_that_was_seen() -> None:
    values = [15.0, 20.0, 35.0, 40.0, 50.0]
    found = {share: percentile(values, Fraction(share, 100)) for share in (5, 30, 40, 50, 90)}
    # The worked example for the nearest-rank method that textbooks print for these five values.
    assert {share: each.value for share, each in found.items() if each} == {5: 15, 30: 20, 40: 20, 50: 35, 90: 50}


def test_ninety_five_of_a_hundred_is_the_ninety_fifth_and_not_the_ninety_sixth() -> None:
    # 0.95 * 100 is 95.00000000000001 in doubles for some spellings; a rank must not depend on it.
    assert [percentile(range(1, 101), share).value for share in (P50, P95, P99)] == [50, 95, 99]  # type: ignore[union-attr]


def test_nothing_has_no_percentile() -> None:
    assert percentile([], P50) is None


def test_how_many_values_an_interval_takes() -> None:
    assert [needed(share) for share in (P50, P95, P99)] == [6, 72, 368]
    assert interval_ranks(71, P95) is None
    assert interval_ranks(72, P95) is not None
    assert interval_ranks(367, P99) is None
    assert interval_ranks(368, P99) is not None


def test_few_values_bound_nothing() -> None:
    found = percentile([float(one) for one in range(20)], P95)
    assert found is not None
    assert (found.value, found.n, found.low, found.high, found.estimable) == (18, 20, None, None, False)


@pytest.mark.parametrize(
    ("n", "share", "ranks"), [(6, P50, (1, 6)), (10, P50, (2, 9)), (20, P50, (6, 15)), (100, P50, (40, 61))]
)
def test_the_ranks_for_a_median_are_those_of_the_sign_test(n: int, share: Fraction, ranks: tuple[int, int]) -> None:
    # Published tables of distribution-free intervals for a median, two-sided 95 %.
    assert interval_ranks(n, share) == ranks


@given(st.integers(6, 900), st.sampled_from([P50, Fraction(3, 4), Fraction(9, 10), P95, P99]))
def test_each_tail_is_at_most_a_fortieth_and_no_tighter_rank_would_be(n: int, share: Fraction) -> None:
    def at_most(count: int) -> Fraction:
        """The exact chance that at most `count` of n fall below."""
        return sum(
            (comb(n, each) * share**each * (1 - share) ** (n - each) for each in range(count + 1)), start=Fraction(0)
        )

    fortieth = Fraction(1, 40)
    ranks = interval_ranks(n, share)
    if ranks is None:
        assert at_most(0) > fortieth or 1 - at_most(n - 1) > fortieth
        return
    low, high = ranks
    assert at_most(low - 1) <= fortieth < at_most(low)
    assert 1 - at_most(high - 1) <= fortieth < 1 - at_most(high - 2)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    # The true 95th percentile of an exponential is ln 20.
    draw = random.Random(20_261_127)
    truth, held = 2.995732273553991, 0
    for _ in range(2_000):
        found = percentile([draw.expovariate(1) for _ in range(100)], P95)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        held += found.low <= truth <= found.high
    assert held / 2_000 >= 0.94
