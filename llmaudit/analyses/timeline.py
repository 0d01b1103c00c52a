"""The calls in the order of time: what they cost, and when they failed, by day, or by week or month when it is long."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from llmaudit.analyses.dimensions import DIMENSIONS, Dimension
from llmaudit.analyses.facts import Coverage
from llmaudit.store import Store, load_sql

_OVER_TIME = load_sql(__package__, "over_time")
_FAILURES = load_sql(__package__, "failures")
_DAYS, _WEEKS = 62, 370
"""Up to so many days are shown by day, and by week; more than that by month."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What the calls of one series cost in one stretch of time, USD; `start` is None for calls without a time.

    `series` is None for calls that have no value; `other` marks the sum of the series that have no name of their own.
    """

    start: date | None
    series: str | None
    other: bool
    calls: int
    effective_cost: Decimal
    unpriced_calls: int


@dataclass(frozen=True, slots=True)
class OverTime:
    """Cost by day, week or month (`unit`) and by the values of a dimension, the dearest ones by name."""

    unit: str
    by: Dimension
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Failing:
    """The calls of one hour or day in which some failed, by how they failed; None for calls without a time."""

    start: datetime | None
    calls: int
    error: int
    timeout: int
    rate_limited: int
    cancelled: int

    @property
    def failed(self) -> int:
        return self.error + self.timeout + self.rate_limited + self.cancelled


@dataclass(frozen=True, slots=True)
class Failures:
    """Every hour (day, week, month) in which a call failed."""

    unit: str
    stretches: tuple[Failing, ...]


def unit_of(known: Coverage) -> str:
    """`day`, `week` or `month`: what the span of these calls is best shown by."""
    if known.first_at is None or known.last_at is None:
        return "day"
    days = (known.last_at.date() - known.first_at.date()).days + 1
    return "day" if days <= _DAYS else "week" if days <= _WEEKS else "month"


def over_time(store: Store, *, unit: str, by: Dimension, top: int) -> OverTime:
    """What the calls bound as `chosen` cost in each stretch, by the `top` dearest values of a dimension."""
    store.bind("timed", f"select {DIMENSIONS[unit].sql} as stretch, {by.sql} as key, * from chosen")
    cells = tuple(
        Cell(start, None if key is None else by.written(key), place > top, calls, cost, unpriced)
        for start, place, key, calls, cost, unpriced in store.rows(_OVER_TIME, {"top": top})
    )
    return OverTime(unit, by, cells)


def failures(store: Store, *, unit: str) -> Failures:
    """When calls bound as `chosen` failed: by hour while that is few enough to show, else by `unit`."""
    fine = "hour" if unit == "day" else unit
    store.bind("timed", f"select cast({DIMENSIONS[fine].sql} as timestamp) as stretch, * from chosen")
    return Failures(fine, tuple(Failing(*row) for row in store.rows(_FAILURES)))
