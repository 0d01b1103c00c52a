"""Which plan saves a target share at the least risk, how it was found, and what stands in the way of more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmaudit.analyses.periods import Period, written
from llmaudit.levers.answer import Waterfall
from llmaudit.levers.waterfall import Replay, waterfall
from llmaudit.optimize.candidate import Candidate, Constraints, Refused
from llmaudit.optimize.candidates import find
from llmaudit.optimize.search import LEAST_GAIN, Move, Plan, Search, Tried, joined, search
from llmaudit.plan import planned
from llmaudit.store import Store, load_sql

if TYPE_CHECKING:
    from llmaudit.prices import PriceOverrides

LEFT = load_sql(__package__, "left")


@dataclass(frozen=True, slots=True)
class Optimized:
    """The plan with its waterfall; `left` is what the features still cost after it."""

    target: Decimal
    constraints: Constraints
    period: Period
    plan: Plan
    waterfall: Waterfall
    tried: tuple[Tried, ...]
    moves: tuple[Move, ...]
    refused: tuple[Refused, ...]
    left: tuple[tuple[str | None, Decimal], ...]
    replays: int

    @property
    def reached(self) -> bool:
        """Whether the plan saves the target share."""
        return self.waterfall.saving >= self.target * self.waterfall.baseline_cost

    @property
    def content(self) -> dict[str, Any]:
        """The plan as plan.yaml has it."""
        limits = {"since": self.period.since, "until": self.period.until}
        said = {name: written(moment) for name, moment in limits.items() if moment is not None}
        return {**({"period": said} if said else {}), "steps": [one.content for one in self.plan]}


def optimize(
    store: Store,
    target: Decimal,
    constraints: Constraints,
    *,
    period: Period,
    condition: str = "true",
    prices: "PriceOverrides | None" = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Optimized:
    """The plan that saves `target` (0 to 1) of what the calls cost where `condition` holds, or the most there is.

    Raises NothingMeasured when no call with a known cost is there to replay.
    """
    replay = Replay(store, condition, prices, keep=True)
    progress("looking for candidates")
    found = find(store, replay, constraints)
    trying = Search(replay, progress)
    tried = trying.alone(found.candidates)
    plan, moves = search(trying, tried, target * trying.baseline)
    reached = trying.saving(plan) >= target * trying.baseline
    refused = [*found.refused, *_not_taken(trying, plan, tried, reached)]
    left = _left(store, replay, plan)
    steps = planned([one.content for one in plan])
    answer = waterfall(store, steps, condition=condition, prices=prices, progress=progress)
    if answer.saving != trying.saving(plan):
        raise AssertionError(f"replayed again, the plan saves {answer.saving} and not {trying.saving(plan)}")
    return Optimized(
        target, constraints, period, plan, answer, tuple(tried), tuple(moves), tuple(refused), left, trying.replays
    )


def _not_taken(trying: Search, plan: Plan, tried: Sequence[Tried], reached: bool) -> list[Refused]:
    """Why each candidate that is neither in the plan nor an alternative to what is was left out; what it would add."""
    said = []
    closed: set[tuple[str, str | None]] = {(one.slot, None) for one in plan}
    for each in sorted(tried, key=lambda each: -each.saving):
        one = each.candidate
        if one in plan or (one.slot, one.excluded) in closed:
            continue
        # Of alternatives the one that saves most stands for all.
        closed.add((one.slot, one.excluded))
        more = trying.saving(joined(plan, one)) - trying.saving(plan)
        said.append(Refused(one.name, _reason(each, reached), more))
    return said


def _reason(each: Tried, reached: bool) -> str:
    if each.candidate.excluded:
        return each.candidate.excluded
    if each.saving <= 0:
        return "saves nothing on these calls"
    return "not needed for the target" if reached else f"adds less than {LEAST_GAIN:%} on top"


def _left(store: Store, replay: Replay, plan: Plan) -> tuple[tuple[str | None, Decimal], ...]:
    replay.back(0)
    for one in plan:
        replay.take(one.step)
    store.bind(
        "calls_left",
        "select calls.feature, replayed.cost as cost_after from replayed join calls on calls.rowid = replayed.call_id",
    )
    return tuple((feature, cost) for feature, cost in store.rows(LEFT))


__all__ = ["Candidate", "Optimized", "optimize"]
