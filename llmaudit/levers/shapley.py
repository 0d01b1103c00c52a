"""What each step is worth whatever the order: its Shapley value, over every subset of the steps.

In a waterfall the earlier step takes what two steps could both save. The Shapley value is the mean of what a step saves
over all orders in which the steps could have joined (L. S. Shapley, "A Value for n-Person Games", 1953):

    value(step) = sum over the subsets S without it of  |S|! (n - |S| - 1)! / n!  x  (saving(S and step) - saving(S))

The steps of a subset are replayed in the order of the plan, so that saving(S) is what `simulate` says of a plan with
these steps alone, and all values together are the saving of the whole plan. n steps are 2^n - 1 replays of a step: a
subset starts from the calls as its own beginning left them.

A value need not be a whole number of trillionths of a dollar, the last decimal of our money. Each is rounded down to
that, and the trillionths that are left go, one each, to the values that lost most by it (of equals, to the earlier
step). So they add up exactly, and none is off by as much as one of them.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import factorial
from typing import TYPE_CHECKING

from llmaudit.errors import ConfigError
from llmaudit.levers.answer import Attribution, Share, Step, Waterfall
from llmaudit.levers.pace import Pace
from llmaudit.levers.waterfall import Planned, Replay, warned_of_order
from llmaudit.money import COST_SCALE
from llmaudit.store import Store

if TYPE_CHECKING:
    from llmaudit.prices import PriceOverrides

MOST_STEPS = 8
"""255 replays. Each step more doubles them, and nobody reads so many shares."""


def attributed(
    store: Store,
    steps: Sequence[Planned],
    *,
    condition: str = "true",
    prices: "PriceOverrides | None" = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Waterfall:
    """The waterfall of the steps, with their shares.

    Raises ConfigError beyond MOST_STEPS, NothingMeasured when no call with a known cost is left to replay.
    """
    if len(steps) > MOST_STEPS:
        raise ConfigError(
            f"--attribution shapley: {len(steps)} steps are {2 ** len(steps) - 1:,} replays",
            hint=f"it takes up to {MOST_STEPS} steps: leave some out",
        )
    replay = Replay(store, condition, prices, keep=True)
    done, savings = subset_savings(replay, steps, progress)
    attribution = Attribution(shares(savings, len(steps)), replays=len(savings) - 1)
    return replay.waterfall(warned_of_order(steps, done), attribution)


def shares(savings: Mapping[frozenset[int], Decimal], steps: int) -> tuple[Share, ...]:
    """The share of each of `steps` steps, given what every subset of their places saves."""
    values = [
        sum(
            (
                Fraction(factorial(len(others)) * factorial(steps - len(others) - 1), factorial(steps))
                * (Fraction(savings[others | {place}]) - Fraction(saving))
                for others, saving in savings.items()
                if place not in others
            ),
            Fraction(0),
        )
        for place in range(steps)
    ]
    settled = _settled(values)
    return tuple(Share(savings[frozenset({place})], settled[place]) for place in range(steps))


def subset_savings(
    replay: Replay, steps: Sequence[Planned], progress: Callable[[str], None] = lambda _: None
) -> tuple[list[Step], dict[frozenset[int], Decimal]]:
    """The steps of the whole plan, and the saving of each subset of their places.

    Depth first: a subset is the one without its last step, taken one further.
    """
    baseline = replay.costs[0]
    pace = Pace(2 ** len(steps) - 1, replay.calls)
    savings = {frozenset[int](): Decimal(0)}
    whole: list[Step] = []

    def grow(chosen: frozenset[int], first: int) -> None:
        taken = replay.taken
        for place in range(first, len(steps)):
            progress(pace.next("subsets of the steps"))
            last = place == len(steps) - 1
            done = replay.look(steps[place]) if last else replay.take(steps[place])
            savings[chosen | {place}] = baseline - done.cost_after
            if len(whole) == len(chosen) == place:
                whole.append(done)
            if not last:
                grow(chosen | {place}, place + 1)
                replay.back(taken)

    grow(frozenset(), 0)
    return whole, savings


def _settled(values: Sequence[Fraction]) -> list[Decimal]:
    """The values in whole trillionths of a dollar that add up to their sum, which is one."""
    units = [value * 10**COST_SCALE for value in values]
    whole = [unit.__floor__() for unit in units]
    left = int(sum(units, Fraction(0))) - sum(whole)
    losses = sorted(range(len(units)), key=lambda place: (whole[place] - units[place], place))
    for place in losses[:left]:
        whole[place] += 1
    return [Decimal(unit).scaleb(-COST_SCALE) for unit in whole]
