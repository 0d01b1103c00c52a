"""One side of a comparison: what the calls of a period, a store or a baseline used and cost, group by group.

Everything is a sum, so that sides from anywhere compare alike, and sums of sums stay exact.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

from llmaudit.analyses.periods import Period

Key: TypeAlias = tuple[Any, ...]
METERS = ("input", "cache_read", "cache_write", "cache_write_1h", "output", "request")
"""What is metered: uncached input, reads and writes of the prompt cache, output, and the request itself."""
TIMED = ("seconds", "time_to_first_token_seconds", "seconds_after_first_token")
"""What is timed of a call: all of it, and its two stages where the log tells them apart."""


class ModelName(NamedTuple):
    """A model, and who sells it."""

    provider_name: str
    model: str


class RateClass(NamedTuple):
    """Which of a model's prices applies: by service tier, region, size of the prompt and hour of the day."""

    service_tier: str
    region: str
    over_input_tokens: int
    from_second_of_day: int


@dataclass(frozen=True, slots=True)
class Used:
    """Calls that reached a model at one class of its prices: how many, and tokens and USD by meter, as in METERS."""

    calls: int
    tokens: tuple[int, ...]
    costs: tuple[Decimal, ...]

    def __add__(self, other: "Used") -> "Used":
        return Used(
            self.calls + other.calls,
            tuple(mine + theirs for mine, theirs in zip(self.tokens, other.tokens, strict=True)),
            tuple(mine + theirs for mine, theirs in zip(self.costs, other.costs, strict=True)),
        )


Cells: TypeAlias = Mapping[tuple[ModelName, RateClass], Used]


@dataclass(frozen=True, slots=True)
class GroupUse:
    """The calls of one group. `queries` are first attempts; `cells` hold the calls that reached a model."""

    calls: int = 0
    queries: int = 0
    response_cache_hits: int = 0
    unpriced_calls: int = 0
    failed_calls: int = 0
    cells: Cells = field(default_factory=dict)

    def __add__(self, other: "GroupUse") -> "GroupUse":
        cells = dict(self.cells)
        for name, used in other.cells.items():
            cells[name] = cells[name] + used if name in cells else used
        return GroupUse(
            self.calls + other.calls,
            self.queries + other.queries,
            self.response_cache_hits + other.response_cache_hits,
            self.unpriced_calls + other.unpriced_calls,
            self.failed_calls + other.failed_calls,
            cells,
        )

    @property
    def cost(self) -> Decimal:
        """What they cost, USD; unpriced calls are not in it."""
        return sum((cost for used in self.cells.values() for cost in used.costs), Decimal(0))

    @property
    def reached(self) -> int:
        """The calls that reached a model."""
        return sum(used.calls for used in self.cells.values())


@dataclass(frozen=True, slots=True)
class Seconds:
    """How often each duration occurs, in milliseconds, by group and model: `measure` is what was timed."""

    measure: str
    counts: Mapping[tuple[Key, str], Mapping[int, int]]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two things that are compared. `days` is how long it lasted, None where no call has a time.

    `asked` is the period a person named, which may reach beyond the calls on record. `exact_times` says whether
    durations are to the millisecond or, from a baseline, to 1 %.
    """

    label: str
    by: tuple[str, ...]
    groups: Mapping[Key, GroupUse]
    days: Fraction | None = None
    since: datetime | None = None
    until: datetime | None = None
    where: str | None = None
    price_book: str | None = None
    times: tuple[Seconds, ...] = ()
    exact_times: bool = True
    asked: Period = field(default_factory=Period)

    @property
    def whole(self) -> GroupUse:
        """All groups as one."""
        return added(self.groups.values())

    @property
    def beyond_record(self) -> bool:
        """Whether more was asked for than there are calls of."""
        early = self.asked.since and self.since and self.asked.since < self.since
        late = self.asked.until and self.until and self.asked.until > self.until
        return bool(early or late)

    def overlaps(self, other: "Side") -> bool:
        """Whether both are periods of a store, and some calls may be of both."""
        if not (self.asked.limited and other.asked.limited):
            return False
        if self.since is None or self.until is None or other.since is None or other.until is None:
            return False
        return max(self.since, other.since) < min(self.until, other.until)


def added(groups: Iterable[GroupUse]) -> GroupUse:
    """The groups as one."""
    total = GroupUse()
    for group in groups:
        total += group
    return total
