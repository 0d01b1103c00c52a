"""What stands beside a breakdown: the split of the cost, the logs' own word, and what the totals do not know.

Each is a question to the calls bound as `chosen`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from llmaudit.analyses.rated import bind_rated
from llmaudit.store import Store, load_sql

PARTS = ("input", "cache_read", "cache_write", "output", "request")


@dataclass(frozen=True, slots=True)
class CostPart:
    """What one kind of token cost, USD: uncached input, reads and writes of the prompt cache, output, or per request.

    `unsplit` is cost that the rates in the store do not explain; there is none unless rates and calls are out of step.
    """

    part: str
    effective_cost: Decimal
    share: float | None


@dataclass(frozen=True, slots=True)
class Reported:
    """What the logs say against the prices in use, USD, over the `calls` for which both are known."""

    calls: int
    reported_cost: Decimal
    effective_cost: Decimal
    differing_calls: int

    @property
    def difference(self) -> Decimal:
        """How much more the logs say."""
        return self.reported_cost - self.effective_cost


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the totals over `calls` rest on and leave out.

    `untimed_calls` belong to no period: a limited period leaves them out. `uncounted_calls` have no token count.
    `fallback_calls` have a price that is not quite their own. The span is that of the calls with a time, UTC.
    """

    calls: int
    untimed_calls: int
    uncounted_calls: int
    fallback_calls: int
    first_at: datetime | None
    last_at: datetime | None

    def with_untimed(self, calls: int) -> "Coverage":
        """The same, with the calls that a limited period left out for want of a time."""
        return replace(self, untimed_calls=calls)


@dataclass(frozen=True, slots=True)
class UnpricedModel:
    """A model, and how many of its calls are left out of every cost.

    `uncounted_calls` of them have no token count; only the rest says that nobody knows the model's price.
    """

    provider_name: str | None
    model: str | None
    calls: int
    uncounted_calls: int


def coverage(store: Store) -> Coverage:
    """What is known of the calls at all."""
    return Coverage(*store.rows(load_sql(__package__, "coverage"))[0])


def split(store: Store, total: Decimal) -> tuple[CostPart, ...]:
    """The parts of the cost; they add up to `total`, the effective cost of the calls."""
    bind_rated(store)
    costs = dict(zip(PARTS, store.rows(load_sql(__package__, "split"))[0], strict=True))
    unsplit = total - sum(costs.values(), Decimal(0))
    if unsplit:
        costs["unsplit"] = unsplit
    return tuple(CostPart(part, cost, float(cost / total) if total else None) for part, cost in costs.items())


def reported(store: Store) -> Reported | None:
    """The logs' own costs against ours; None where no call has both."""
    found = Reported(*store.rows(load_sql(__package__, "reported"))[0])
    return found if found.calls else None


def unpriced(store: Store) -> tuple[UnpricedModel, ...]:
    """The models of the calls without a cost, the most used first."""
    return tuple(UnpricedModel(*row) for row in store.rows(load_sql(__package__, "unpriced")))
