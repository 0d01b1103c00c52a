"""What a replay of a plan answers: a step for each lever, and what they come to together."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from llmaudit.levers.lever import Basis


@dataclass(frozen=True, slots=True)
class Step:
    """One lever of a waterfall, as it worked on what the steps before it had left.

    Costs are USD. `saving` may be negative. The parts of `basis` add up to `saving`; `low` and `high` bound it at 95 %
    as far as days differ (null with fewer than two days).
    """

    lever: str
    name: str
    cost_before: Decimal
    cost_after: Decimal
    calls_changed: int
    low: Decimal | None
    high: Decimal | None
    basis: Mapping[Basis, Decimal]
    facts: Mapping[str, Any]
    warnings: tuple[str, ...]

    @property
    def saving(self) -> Decimal:
        return self.cost_before - self.cost_after


@dataclass(frozen=True, slots=True)
class Share:
    """What a step saves on its own, and its part of the whole saving whatever the order (its Shapley value)."""

    standalone_saving: Decimal
    shapley_saving: Decimal


@dataclass(frozen=True, slots=True)
class Attribution:
    """A share for each step of a waterfall, and how many replays of a step that took."""

    shares: tuple[Share, ...]
    replays: int


@dataclass(frozen=True, slots=True)
class Waterfall:
    """What a plan would have cost. `unpriced_calls` are in neither cost."""

    calls: int
    unpriced_calls: int
    days: Decimal
    baseline_cost: Decimal
    steps: tuple[Step, ...]
    attribution: Attribution | None = None

    @property
    def projected_cost(self) -> Decimal:
        return self.steps[-1].cost_after if self.steps else self.baseline_cost

    @property
    def saving(self) -> Decimal:
        return self.baseline_cost - self.projected_cost

    @property
    def shares(self) -> tuple[Share | None, ...]:
        """The order-free share of each step, None where nobody asked."""
        return (None,) * len(self.steps) if self.attribution is None else self.attribution.shares
