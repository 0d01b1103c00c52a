"""The search: the least risk first, the most saving next, and nothing that is not needed.

For each level of risk from the lowest on, the candidate that saves most on top is added, until the target is reached
or no candidate adds LEAST_GAIN of the baseline; then the next level is let in. What was added is then tried without: a
step whose loss still leaves the target reached is dropped, the riskiest first, and of alternatives the gentlest that
reaches it is kept. Every plan is replayed whole by the engine that `simulate` uses, so the answer is its own check.

Each plan is tried in the order in which a call meets its steps (`candidate.IN_ORDER`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from llmaudit.levers.answer import Step
from llmaudit.levers.lever import Basis
from llmaudit.levers.waterfall import Replay
from llmaudit.optimize.candidate import Candidate, Risk

LEAST_GAIN = Decimal("0.005")
Plan = tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """A candidate on its own, on the calls as they were logged."""

    candidate: Candidate
    saving: Decimal
    measured: Decimal

    @property
    def level(self) -> tuple[Risk, bool]:
        """When it is let in: by its risk, and at the same risk measured savings before others."""
        return self.candidate.risk, self.measured * 2 < self.saving


@dataclass(frozen=True, slots=True)
class Move:
    """One thing the search did: what was added, dropped or put in place of another, and what the plan then saved."""

    action: str
    candidate: Candidate
    saving: Decimal


class Savings(Protocol):
    """What plans save, in USD, of what the calls cost without any."""

    @property
    def baseline(self) -> Decimal: ...
    def saving(self, plan: Plan) -> Decimal: ...


class Search:
    """Plans and what they save; each is replayed once, and plans that begin alike share that beginning."""

    def __init__(self, replay: Replay, progress: Callable[[str], None]) -> None:
        self._replay, self._progress = replay, progress
        self._path: list[Candidate] = []
        self._known: dict[Plan, Decimal] = {(): Decimal(0)}
        self.replays = 0

    @property
    def baseline(self) -> Decimal:
        """What the calls cost as they were logged."""
        return self._replay.costs[0]

    def saving(self, plan: Plan) -> Decimal:
        """What a plan saves."""
        if plan not in self._known:
            self._progress(f"trying plan {len(self._known):,}: {', '.join(one.lever for one in plan)}")
            same = 0
            while same < min(len(self._path), len(plan) - 1) and self._path[same] is plan[same]:
                same += 1
            self._replay.back(same)
            del self._path[same:]
            for one in plan[same:-1]:
                self._replay.take(one.step)
                self._path.append(one)
            last = self._replay.look(plan[-1].step)
            self.replays += len(plan) - same
            self._known[plan] = self.baseline - last.cost_after
        return self._known[plan]

    def alone(self, candidates: Sequence[Candidate]) -> list[Tried]:
        """Every candidate by itself."""
        self._replay.back(0)
        self._path.clear()
        tried = []
        for one in candidates:
            self._progress(f"trying {one.name}")
            step: Step = self._replay.look(one.step)
            self.replays += 1
            self._known[(one,)] = step.saving
            tried.append(Tried(one, step.saving, step.basis[Basis.MEASURED]))
        return tried


def joined(plan: Plan, one: Candidate) -> Plan:
    """The plan with the candidate at its place, instead of an alternative to it."""
    kept = [other for other in plan if other.slot != one.slot]
    return tuple(sorted([*kept, one], key=lambda each: (each.place, each.slot)))


def search(found: Savings, tried: Sequence[Tried], target: Decimal) -> tuple[Plan, list[Move]]:
    """The plan that saves at least `target` USD, or the best there is; and how it came about."""
    plan: Plan = ()
    moves: list[Move] = []
    useful = [one for one in tried if one.saving > 0 and not one.candidate.excluded]
    for level in sorted({one.level for one in useful}):
        open_now = [one.candidate for one in useful if one.level <= level]
        while found.saving(plan) < target:
            options = [one for one in open_now if one not in plan and not _has_its_like(plan, one)]
            best = max(options, key=lambda one: found.saving(joined(plan, one)), default=None)
            if best is None:
                break
            saving = found.saving(joined(plan, best))
            gain = saving - found.saving(plan)
            if gain <= 0 or (gain < LEAST_GAIN * found.baseline and saving < target):
                break
            plan = joined(plan, best)
            moves.append(Move("add", best, saving))
    return _without_what_is_not_needed(found, plan, [one.candidate for one in useful], target, moves)


def _has_its_like(plan: Plan, one: Candidate) -> bool:
    """Whether the plan has one in its place that asks for as much or more."""
    return any(other.slot == one.slot and other.rung >= one.rung for other in plan)


def _without_what_is_not_needed(
    found: Savings, plan: Plan, candidates: Sequence[Candidate], target: Decimal, moves: list[Move]
) -> tuple[Plan, list[Move]]:
    if found.saving(plan) < target:
        return plan, moves
    for one in sorted(plan, key=lambda one: (-one.risk, found.saving((one,)))):
        rest = tuple(other for other in plan if other is not one)
        gentler = [other for other in candidates if other.slot == one.slot and other.rung < one.rung]
        if found.saving(rest) >= target:
            plan = rest
            moves.append(Move("drop", one, found.saving(plan)))
            continue
        for other in sorted(gentler, key=lambda other: other.rung):
            if found.saving(joined(plan, other)) >= target:
                plan = joined(plan, other)
                moves.append(Move("ease", other, found.saving(plan)))
                break
    return plan, moves
