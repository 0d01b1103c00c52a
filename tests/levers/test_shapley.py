"""Order-free shares: a small game by hand, the mean over all orders, and every subset as a plan of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmaudit import plan
from llmaudit.errors import ConfigError
from llmaudit.levers.answer import Waterfall
from llmaudit.levers.shapley import MOST_STEPS, attributed, shares, subset_savings
from llmaudit.levers.waterfall import Replay, waterfall
from llmaudit.store import Store, open_store
from tests.cli.transcripts import Workshop
from tests.levers.test_waterfall import HALVE, NOTHING, TAKE_AWAY, fill, step

THREE_DAYS = "started_at >= '2026-10-20' and started_at < '2026-10-23'"
FIVE = """
steps:
  - route: {when: "complexity = 'simple' and feature in ('faq', 'assistant')", from: gpt-4o, to: gpt-4o-mini}
  - prompt_cache: {ttl: 5m, rules: {write_multiplier: 1.25, read_multiplier: 0.1, min_tokens: 0}}
  - response_cache: {ttl: 24h}
  - trim: {top_k: 3, history: {keep_turns: 2, summary_tokens: 100, summarizer: gpt-4o-mini}}
  - batch: {when: "feature = 'reports'"}
"""
"""Every lever, among them one that changes the rates of what comes after it."""


@contextmanager
def the_month(workshop: Workshop) -> Iterator[Store]:
    with open_store(workshop.folder / "llmaudit.duckdb", read_only=True) as store:
        yield store


def savings_of(found: Waterfall) -> list[tuple[Decimal, Decimal]]:
    assert found.attribution is not None
    return [(one.standalone_saving, one.shapley_saving) for one in found.attribution.shares]


def test_two_steps_that_save_the_same_share_it(store: Store) -> None:
    """Two calls of 1,000 input tokens, $0.0025 each. Halving both saves $0.0025; taking one away saves $0.0025; both
    save $0.00375, so each is worth $0.0025 as the first and $0.00125 as the second: $0.001875 in the mean."""
    fill(store, [(1, 1_000, 0), (1, 1_000, 0)])
    found = attributed(store, [step(HALVE), step(TAKE_AWAY, "feature = 'odd'")])
    assert [one.saving for one in found.steps] == [Decimal("0.0025"), Decimal("0.00125")]
    assert savings_of(found) == [(Decimal("0.0025"), Decimal("0.001875"))] * 2
    assert found.attribution is not None
    assert found.attribution.replays == 3


def test_what_is_left_of_rounding_goes_to_who_lost_most_by_it() -> None:
    """A third of 2 trillionths is no trillionth: the two that are left go to the two earlier of three equal steps."""
    tiny = Decimal("0.000000000002")
    savings = {frozenset(some): tiny for size in (1, 2, 3) for some in combinations(range(3), size)}
    found = shares({frozenset(): Decimal(0), **savings}, 3)
    assert [one.shapley_saving for one in found] == [tiny / 2, tiny / 2, Decimal(0)]


GAMES = st.integers(1, 4).flatmap(
    lambda steps: st.fixed_dictionaries(
        {
            frozenset(some): st.integers(-(10**18), 10**18).map(lambda units: Decimal(units).scaleb(-12))
            for size in range(1, steps + 1)
            for some in combinations(range(steps), size)
        }
    )
)


@given(game=GAMES)
def test_a_share_is_the_mean_over_all_orders_and_the_shares_add_up(game: Mapping[frozenset[int], Decimal]) -> None:
    whole = max(game, key=len)
    game = {frozenset(): Decimal(0), **game}
    orders = list(permutations(sorted(whole)))
    found = shares(game, len(whole))
    assert sum((one.shapley_saving for one in found), Decimal(0)) == game[whole]
    for place, one in enumerate(found):
        first = [frozenset(order[: order.index(place)]) for order in orders]
        mean = Fraction(sum(game[some | {place}] - game[some] for some in first)) / len(orders)
        assert abs(Fraction(one.shapley_saving) - mean) < Fraction(1, 10**12)
        assert one.standalone_saving == game[frozenset({place})]


def test_each_of_the_32_subsets_saves_what_a_plan_of_it_alone_does(workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(FIVE)
    steps = plan.load(tmp_path / "plan.yaml").steps
    with the_month(workshop) as store:
        _, found = subset_savings(Replay(store, THREE_DAYS, keep=True), steps)
        alone = {
            frozenset(some): waterfall(store, [steps[place] for place in some], condition=THREE_DAYS).saving
            for size in range(1, 6)
            for some in combinations(range(5), size)
        }
    assert found == {frozenset(): Decimal(0), **alone}
    assert len(set(found.values())) > 25, "the subsets differ, or nothing was compared"


def test_the_waterfall_is_the_same_with_and_without_shares(workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(FIVE)
    steps = plan.load(tmp_path / "plan.yaml").steps
    with the_month(workshop) as store:
        plainly, found = (replay(store, steps, condition=THREE_DAYS) for replay in (waterfall, attributed))
    assert found.steps == plainly.steps
    assert sum((shapley for _, shapley in savings_of(found)), Decimal(0)) == plainly.saving


def test_a_step_that_changes_nothing_is_worth_nothing_in_any_order(store: Store) -> None:
    fill(store, [(1, 1_000, 0), (2, 500, 10)])
    found = attributed(store, [step(NOTHING), step(HALVE), step(TAKE_AWAY, "feature = 'even'")])
    assert savings_of(found)[0] == (Decimal(0), Decimal(0))


def test_more_steps_than_anyone_reads_are_refused(store: Store) -> None:
    fill(store, [(1, 1_000, 0)])
    with pytest.raises(ConfigError, match="9 steps are 511 replays"):
        attributed(store, [step(NOTHING)] * (MOST_STEPS + 1))
