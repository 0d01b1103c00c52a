"""What could be tried: a step of a plan, what it asks of the people who wait for answers, and why it came up."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import Any

from llmaudit.plan import PlannedStep, planned


class Risk(IntEnum):
    """What a remedy changes for whoever waits for an answer, from nothing to a worse one."""

    SAME = 0
    LATER = 1
    EARLIER_ANSWER = 2
    SUPPORTED = 3
    UNKNOWN = 4

    @property
    def words(self) -> str:
        """The same for a reader."""
        return (
            "the same answers at the same time",
            "the same answers, later",
            "an earlier answer to the same question",
            "other answers, scored as good",
            "other answers, unscored",
        )[self]


IN_ORDER = ("response_cache", "route", "trim", "prompt_cache", "batch")
"""The order in which a call meets the remedies: first the cache in front, then what is sent and to whom, last how the
provider takes it. In another order a step would work on calls that the others keep from ever getting there."""


@dataclass(frozen=True, slots=True)
class Constraints:
    """What the person who asks will not give up. A drop is of the mean of `score`."""

    only: tuple[str, ...] = ()
    max_quality_drop: Decimal | None = None
    score: str | None = None
    keep_latency: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One step that a plan could have.

    `slot` names what it is an alternative for: a plan has at most one candidate of each. Of these, a lower `rung` asks
    for less. `excluded` says which constraint forbids it.
    """

    lever: str
    written: Mapping[str, Any]
    name: str
    risk: Risk
    slot: str
    rung: int = 0
    excluded: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def place(self) -> int:
        """Where in a plan it stands."""
        return IN_ORDER.index(self.lever)

    @property
    def content(self) -> dict[str, dict[str, Any]]:
        """The step as plan.yaml has it."""
        return {self.lever: dict(self.written)}

    @property
    def step(self) -> PlannedStep:
        """The step as the engine takes it."""
        return planned([self.content])[0]


@dataclass(frozen=True, slots=True)
class Refused:
    """What became no candidate or no step of the plan, and why; what it would save on top, if that is known."""

    name: str
    reason: str
    would_save: Decimal | None = None
