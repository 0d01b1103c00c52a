"""What a check found: one finding per limit and group, and the verdict over all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from llmaudit.checks.intervals import Interval
from llmaudit.checks.metrics import Metric
from llmaudit.checks.repricing import Repriced


class State(StrEnum):
    """What became of a limit for a group. Only `ok` and `broken` were judged."""

    OK = "ok"
    BROKEN = "broken"
    INSUFFICIENT = "insufficient"
    NEW = "new"
    VANISHED = "vanished"


class Outcome(StrEnum):
    """The verdict. `insufficient` also where nothing could be judged at all."""

    PASS = "pass"
    FAIL = "fail"
    INSUFFICIENT = "insufficient"


@dataclass(frozen=True, slots=True)
class Finding:
    """A metric of a group before and after, against a limit; `scope` is what the limit's patterns leave of all calls.

    `before` and `after` are in the metric's unit (None: not measured); a limit on an increase looks at both at the
    prices of one day, one on a budget at what was paid. `change` is relative (0.1 is 10 %) or a difference, None for a
    budget; `interval` bounds it, or the value that a budget is about. `detectable` is the smallest change that would be
    found in 95 of 100 checks. `reason` says why nothing was judged.
    """

    metric: Metric
    group: Mapping[str, str | None]
    scope: str | None
    state: State
    limit: str
    before: Fraction | None
    after: Fraction | None
    calls_before: int
    calls_after: int
    relative: bool = False
    change: float | None = None
    interval: Interval | None = None
    detectable: float | None = None
    moved: bool = False
    reason: str | None = None

    @property
    def broken(self) -> bool:
        return self.state is State.BROKEN

    @property
    def judged(self) -> bool:
        return self.state in (State.OK, State.BROKEN)


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings of a check, and what they rest on.

    Each end of an interval is passed by chance at most `tail` of the time: the false alarm rate, shared among all
    comparisons. `repriced` is both sides at the prices of the day `priced_at`.
    """

    findings: tuple[Finding, ...]
    calls_before: int
    calls_after: int
    unpriced_before: int
    unpriced_after: int
    false_alarm_rate: Decimal
    comparisons: int
    tail: float
    priced_at: datetime
    repriced: tuple[Repriced, Repriced]
    books: tuple[str | None, str | None]

    @property
    def outcome(self) -> Outcome:
        if any(finding.broken for finding in self.findings):
            return Outcome.FAIL
        short = any(finding.state is State.INSUFFICIENT for finding in self.findings)
        return Outcome.INSUFFICIENT if short or not self.measured else Outcome.PASS

    @property
    def measured(self) -> bool:
        """Whether anything was judged: a check that judged nothing never passes."""
        return any(finding.judged for finding in self.findings)

    @property
    def moved(self) -> bool:
        """Whether there is anything to say: a limit broken or not judged, a group that came or went, new prices."""
        if self.price_change:
            return True
        return any(finding.moved or finding.state is not State.OK for finding in self.findings)

    @property
    def price_change(self) -> float | None:
        """How much more the calls of before cost at the prices of now, as a share; None where they cost nothing."""
        before = self.repriced[0]
        return float((before.cost - before.own_cost) / before.own_cost) if before.own_cost else None
