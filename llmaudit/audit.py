"""The questions that a store answers: what the command line and notebooks share."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from llmaudit.analyses import tabular
from llmaudit.analyses.breakdown import Breakdown, breakdown
from llmaudit.analyses.dimensions import dimensions
from llmaudit.analyses.periods import Period, between, limits, period
from llmaudit.analyses.tags import refuse_unknown_tags
from llmaudit.model import IngestResult
from llmaudit.pricing import IdlePrice, idle_prices
from llmaudit.settings import Settings
from llmaudit.store import Store

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from llmaudit.analyses.conditions import Condition
    from llmaudit.analyses.explain import Explanation
    from llmaudit.analyses.explain_sides import Side
    from llmaudit.checks.findings import Verdict
    from llmaudit.checks.snapshot import Snapshot
    from llmaudit.levers.answer import Waterfall
    from llmaudit.levers.frontier import Frontier
    from llmaudit.optimize.candidate import Constraints
    from llmaudit.optimize.optimize import Optimized
    from llmaudit.plan import Plan
    from llmaudit.report import Report


@dataclass(frozen=True, slots=True)
class BreakdownAnswer:
    """A breakdown, and the forms of it that other programs take."""

    result: Breakdown

    def to_dict(self) -> dict[str, Any]:
        """The JSON answer: money as strings of dollars, shares from 0 to 1."""
        return tabular.as_dict(self.result)

    def to_arrow(self) -> "pa.Table":
        """One row per group as an Arrow table; money is decimal128(38, 12)."""
        return tabular.as_arrow(self.result)

    def to_pandas(self) -> "pd.DataFrame":
        """One row per group as a data frame; money is Decimal, so that sums stay exact."""
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame


class Audit:
    """Questions to one store. `read` is what became of the records of the logs that were read for it, if any were."""

    def __init__(self, store: Store, settings: Settings, read: IngestResult | None = None) -> None:
        self._store = store
        self._settings = settings
        self.read = read

    def idle_prices(self) -> tuple[IdlePrice, ...]:
        """The rows of `prices:` in llmaudit.yaml that fit no model of these calls."""
        return idle_prices(self._store, self._settings.prices, self._settings.price_places)

    def simulate(
        self,
        plan: "Plan",
        *,
        since: str | datetime | None = None,
        until: str | datetime | None = None,
        attribution: Literal["shapley"] | None = None,
        now: datetime | None = None,
        progress: Callable[[str], None] = lambda _: None,
    ) -> "Waterfall":
        """What each step of a plan would have saved, each on what the one before left.

        `since` and `until` outrank the plan's own period; `attribution` adds each step's share whatever the order.
        Raises NothingMeasured if no call with a known cost is left.
        """
        from llmaudit.levers.shapley import attributed
        from llmaudit.levers.waterfall import waterfall

        span = period(since or plan.period.since, until or plan.period.until, now=now or datetime.now(UTC))
        held = " and ".join(limits(span)) or "true"
        replay = waterfall if attribution is None else attributed
        return replay(self._store, plan.steps, condition=held, prices=self._settings.prices, progress=progress)

    def frontier(
        self,
        plan: "Plan",
        *,
        since: str | datetime | None = None,
        until: str | datetime | None = None,
        now: datetime | None = None,
        progress: Callable[[str], None] = lambda _: None,
    ) -> "Frontier":
        """What the plan costs, and how good its answers are, as more and more of its routed calls move.

        Raises ConfigError for a plan without a route step, NothingMeasured if no call with a known cost is left.
        """
        from llmaudit.levers.frontier import frontier

        span = period(since or plan.period.since, until or plan.period.until, now=now or datetime.now(UTC))
        held = " and ".join(limits(span)) or "true"
        return frontier(self._store, plan.steps, condition=held, prices=self._settings.prices, progress=progress)

    def report(
        self,
        *,
        plan: "Plan | None" = None,
        since: str | datetime | None = None,
        until: str | datetime | None = None,
        now: datetime | None = None,
        progress: Callable[[str], None] = lambda _: None,
    ) -> "Report":
        """Everything there is to say about the calls of a period, and what the plan would have saved on them.

        `since` and `until` outrank the plan's own period. Raises NothingMeasured if no call is left to report on.
        """
        from llmaudit.report import gather

        moment = now or datetime.now(UTC)
        said = plan.period if plan else None
        span = period(since or (said.since if said else None), until or (said.until if said else None), now=moment)
        replay = (
            None
            if plan is None
            else partial(self.simulate, plan, since=span.since, until=span.until, progress=progress)
        )
        return gather(self._store, span, made_at=moment, simulate=replay, progress=progress)

    def optimize(
        self,
        target: Decimal,
        constraints: "Constraints",
        *,
        since: str | datetime | None = None,
        until: str | datetime | None = None,
        now: datetime | None = None,
        progress: Callable[[str], None] = lambda _: None,
    ) -> "Optimized":
        """Which plan saves that share (0 to 1) at the least risk, or the most that can be found.

        Raises NothingMeasured if no call with a known cost is left.
        """
        from llmaudit.optimize.optimize import optimize

        span = period(since, until, now=now or datetime.now(UTC))
        held = " and ".join(limits(span)) or "true"
        return optimize(
            self._store,
            target,
            constraints,
            period=span,
            condition=held,
            prices=self._settings.prices,
            progress=progress,
        )

    def breakdown(
        self,
        by: Iterable[str] = ("model",),
        *,
        where: str | None = None,
        since: str | datetime | None = None,
        until: str | datetime | None = None,
        top: int | None = None,
        now: datetime | None = None,
    ) -> BreakdownAnswer:
        """What the calls cost, by group, dearest first; beyond `top` groups, the rest is one row of others.

        `since` is included, `until` is not; a time such as `30d` counts back from `now`, by default this moment.
        Raises ConfigError for an argument that means nothing, NothingMeasured if no call is left to answer from.
        """
        names = dimensions([by] if isinstance(by, str) else by)
        span = period(since, until, now=now or datetime.now(UTC))
        found = breakdown(self._store, by=names, period=span, where=_checked(where), top=top)
        refuse_unknown_tags(self._store, names, [group.key for group in found.groups])
        return BreakdownAnswer(found)

    def explain(
        self,
        before: str,
        after: str,
        by: Iterable[str] = ("feature",),
        *,
        where: str | None = None,
        now: datetime | None = None,
    ) -> "Explanation":
        """Why two periods, such as `2026-10-01..2026-10-15` and `2026-10-15..2026-10-29`, cost differently.

        Raises ConfigError for an argument that means nothing, NothingMeasured if a period has no call with a cost.
        """
        from llmaudit.analyses.explain import explain

        moment = now or datetime.now(UTC)
        sides = [self.side(label, between(label, now=moment), by, where=where) for label in (before, after)]
        return explain(sides[0], sides[1])

    def side(self, label: str, span: Period, by: Iterable[str], *, where: str | None = None) -> "Side":
        """The calls of a period as one side of a comparison, called `label`."""
        from llmaudit.analyses.explain_store import side

        names = dimensions([by] if isinstance(by, str) else by)
        found = side(self._store, label, by=names, period=span, where=_checked(where))
        refuse_unknown_tags(self._store, names, found.groups.keys())
        return found

    def predicted(
        self,
        span: Period,
        by: Iterable[str],
        plan: "Plan",
        *,
        where: str | None = None,
        progress: Callable[[str], None] = lambda _: None,
    ) -> "Side":
        """The calls of a period as a plan would have left them, as one side of a comparison."""
        from llmaudit.levers.predicted import predicted_side

        names, prices = dimensions([by] if isinstance(by, str) else by), self._settings.prices
        return predicted_side(
            self._store, plan.steps, by=names, period=span, where=_checked(where), prices=prices, progress=progress
        )

    def snapshot(
        self,
        *,
        where: str | None = None,
        since: str | datetime | None = None,
        until: str | datetime | None = None,
        now: datetime | None = None,
    ) -> "Snapshot":
        """What a baseline holds of the calls: sums and sketches by feature and model. Raises NothingMeasured."""
        from llmaudit.checks.snapshot import take

        span = period(since, until, now=now or datetime.now(UTC))
        return take(self._store, span, _checked(where), name=self._store.path)

    def check(self, before: "Snapshot", after: "Snapshot | None" = None) -> "Verdict":
        """Whether the calls of `after` (by default, all of this store) break a limit of `check:` in llmaudit.yaml.

        Raises ConfigError without a limit, NothingMeasured without a call.
        """
        from llmaudit.checks.judge import compare
        from llmaudit.checks.repricing import book
        from llmaudit.checks.section import CheckSection

        now = self.snapshot(where=before.where) if after is None else after
        said = self._settings.check or CheckSection()
        return compare(before, now, said, book([before, now], self._settings.prices))


def _checked(where: str | None) -> "Condition | None":
    if where is None:
        return None
    from llmaudit.analyses.conditions import condition

    return condition(where)
