"""Everything a report says, asked of one store in one go. Nothing is rounded or worded here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from llmaudit.analyses.breakdown import Breakdown, breakdown, choose
from llmaudit.analyses.dimensions import DIMENSIONS
from llmaudit.analyses.latency import Latencies, latencies
from llmaudit.analyses.ledger import Ledger, ledger
from llmaudit.analyses.pareto import Curve, curves
from llmaudit.analyses.periods import Period
from llmaudit.analyses.timeline import Failures, OverTime, failures, over_time, unit_of
from llmaudit.analyses.waste import Waste, waste
from llmaudit.store import Store

if TYPE_CHECKING:
    from llmaudit.levers.answer import Waterfall

SERIES = 6
"""As many colours as people tell apart in a stack of bars, beside the one for all others."""
GROUPS = 25
"""As many groups as a person reads; the others are one row."""
_WHERE = ("feature", "model", "tier", "key", "user")


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says; `made_at` is when. A part is empty, or None, where the store has nothing to say about it.

    `breakdowns` are those of `model`, always, and of each dimension that some call has a value for. The parts are of
    the calls of `period`; only the ledger is of everything that was read.
    """

    made_at: datetime
    period: Period
    breakdowns: tuple[Breakdown, ...]
    curves: tuple[Curve, ...]
    over_time: OverTime
    latencies: Latencies
    failures: Failures
    waste: Waste
    ledger: Ledger
    waterfall: "Waterfall | None" = None

    @property
    def model(self) -> Breakdown:
        """The breakdown by model, whose totals are those of the report."""
        return next(each for each in self.breakdowns if each.by[0].name == "model")


def gather(
    store: Store,
    period: Period,
    *,
    made_at: datetime,
    simulate: "Callable[[], Waterfall] | None" = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """The report on the calls of a period. `simulate` replays a plan on the same calls.

    Raises NothingMeasured if there are no calls to report on.
    """
    progress("breaking the cost down")
    found = tuple(breakdown(store, by=(DIMENSIONS[name],), period=period, top=GROUPS) for name in _WHERE)
    kept = tuple(each for each in found if each.by[0].name == "model" or _says_something(each))
    choose(store, period)
    by_feature = any(each.by[0].name == "feature" for each in kept)
    series = DIMENSIONS["feature" if by_feature else "model"]
    unit = unit_of(found[0].coverage)
    progress("drawing the month")
    over = over_time(store, unit=unit, by=series, top=SERIES)
    points = curves(store)
    timed = latencies(store, by=series)
    failed = failures(store, unit=unit)
    progress("looking for waste")
    wasted = waste(store)
    return Report(
        made_at=made_at,
        period=period,
        breakdowns=kept,
        curves=points,
        over_time=over,
        latencies=timed,
        failures=failed,
        waste=wasted,
        ledger=ledger(store),
        # Last, for a replay lays its own rates over those of the store.
        waterfall=None if simulate is None else simulate(),
    )


def _says_something(found: Breakdown) -> bool:
    """Whether some group has a name."""
    return any(group.key[0] is not None for group in found.groups)
