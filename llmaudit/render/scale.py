"""A waterfall as if a month of the baseline cost what somebody says: every amount in it, before any form writes it."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from llmaudit.levers.answer import Attribution, Share, Step, Waterfall
from llmaudit.levers.lever import Basis
from llmaudit.money import COST_SCALE

DAYS_OF_A_MONTH = Decimal("30.4375")


def factor_to_a_month(found: Waterfall, scale_to: Decimal | None) -> Decimal:
    """What the totals are multiplied with to speak of a month."""
    if scale_to is None or not found.baseline_cost:
        return DAYS_OF_A_MONTH / found.days
    return scale_to / found.baseline_cost


def scaled(found: Waterfall, factor: Decimal) -> Waterfall:
    """The same answer with every amount times `factor`, rounded as costs are stored; what added up still does."""
    baseline_cost, steps = _times(found.baseline_cost, factor), tuple(_step(step, factor) for step in found.steps)
    answer = replace(found, baseline_cost=baseline_cost, steps=steps)
    if found.attribution is None:
        return answer
    shares = found.attribution.shares
    shapley = _adding_up([share.shapley_saving for share in shares], answer.saving, factor)
    alone = [_times(share.standalone_saving, factor) for share in shares]
    return replace(
        answer, attribution=Attribution(tuple(map(Share, alone, shapley)), replays=found.attribution.replays)
    )


def _step(step: Step, factor: Decimal) -> Step:
    before, after = _times(step.cost_before, factor), _times(step.cost_after, factor)
    parts = _adding_up([step.basis[basis] for basis in Basis], before - after, factor)
    return replace(
        step,
        cost_before=before,
        cost_after=after,
        low=None if step.low is None else _times(step.low, factor),
        high=None if step.high is None else _times(step.high, factor),
        basis=dict(zip(Basis, parts, strict=True)),
        facts=_fact(step.facts, factor),
    )


def _fact(value: Any, factor: Decimal) -> Any:
    """A fact, or a part of one: what is a Decimal is money, also within lists."""
    match value:
        case Decimal():
            return _times(value, factor)
        case Mapping():
            return {name: _fact(part, factor) for name, part in value.items()}
        case list() | tuple():
            return [_fact(part, factor) for part in value]
    return value


def _times(amount: Decimal, factor: Decimal) -> Decimal:
    return round(amount * factor, COST_SCALE)


def _adding_up(parts: list[Decimal], whole: Decimal, factor: Decimal) -> list[Decimal]:
    """The parts, scaled, of a whole that was rounded by itself: the largest takes what rounding left over."""
    found = [_times(part, factor) for part in parts]
    if found:
        largest = max(range(len(found)), key=lambda place: abs(found[place]))
        found[largest] += whole - sum(found, Decimal(0))
    return found
