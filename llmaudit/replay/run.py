"""What was measured: every query of every round, with its spans."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from llmaudit.replay.span import Span, Value


class Outcome(StrEnum):
    """How a query ended. Only `ok` enters a percentile: the others took the time of something else."""

    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"
    FALLBACK = "fallback"
    """Answered without the part that failed: a breaker was open, or something else stood in."""


@dataclass(frozen=True, slots=True)
class QueryRun:
    """One query, once.

    `intended_start_ns` is when it should have started: in an open loop a stalled system starts queries late, and that
    wait is part of what a user feels. In a closed loop it is `start_ns`. `round` counts from 1; a warm-up has 0.
    """

    query_id: str
    round: int
    warmup: bool
    intended_start_ns: int
    start_ns: int
    end_ns: int
    outcome: Outcome
    error_type: str | None = None
    spans: tuple[Span, ...] = ()

    @property
    def latency_ns(self) -> int:
        """From the intended start to the end."""
        return self.end_ns - self.intended_start_ns


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened between the queries and changed how they went: a breaker opened, a mode changed."""

    at_ns: int
    text: str


@dataclass(frozen=True, slots=True)
class Run:
    """Query runs in the order in which they ended, what happened meanwhile, and the facts they were made under.

    Names of facts are those of attributes.py.
    """

    queries: tuple[QueryRun, ...]
    facts: Mapping[str, Value] = field(default_factory=dict)
    events: tuple[Event, ...] = ()

    @property
    def measured(self) -> tuple[QueryRun, ...]:
        """Every query run that is no warm-up."""
        return tuple(each for each in self.queries if not each.warmup)

    @property
    def successes(self) -> tuple[QueryRun, ...]:
        """The measured ones that were answered as they should be."""
        return tuple(each for each in self.measured if each.outcome is Outcome.OK)
