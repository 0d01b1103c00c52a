"""Why two periods cost differently: every part of the change, in total, per day and per call.

explain(before, after)  →  Explanation(measures={"per_day": Measure(change=Decimal("1.20"), parts={"price": …}) …})

The parts of a measure add up to its change to the last decimal; so do its groups, and the parts of each group.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from llmaudit.analyses.explain_latency import Latency, latency
from llmaudit.analyses.explain_parts import PARTS, Cause, causes, queries
from llmaudit.analyses.explain_sides import GroupUse, Key, RateClass, Side, added
from llmaudit.errors import ConfigError
from llmaudit.money import COST_SCALE

if TYPE_CHECKING:
    from llmaudit.analyses.explain_realised import Realised

MEASURES = ("per_day", "per_call", "total")
_UNIT = Decimal(1).scaleb(-COST_SCALE)
_MOST_GROUPS = 100


@dataclass(frozen=True, slots=True)
class Mover:
    """One cause of a change in one group: USD, and the number behind it before and after (None: not there)."""

    key: Key
    others: int
    part: str
    model: str | None
    rate_class: str | None
    meter: str | None
    amount: Decimal
    before: Fraction | None
    after: Fraction | None


@dataclass(frozen=True, slots=True)
class GroupChange:
    """What one group did: its own cost on either side (None: not there), and its part of the change.

    Per call, `before` and `after` are the cost of one call of the group; `change` is what the group did to the cost of
    a call overall. `others` is how many groups the row stands for, 0 for an ordinary one.
    """

    key: Key
    others: int
    before: Decimal | None
    after: Decimal | None
    change: Decimal
    parts: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Measure:
    """A cost before and after, USD, and what the change is made of. `movers` come largest first, and are all of it."""

    before: Decimal
    after: Decimal
    parts: Mapping[str, Decimal]
    groups: tuple[GroupChange, ...]
    movers: tuple[Mover, ...]

    @property
    def change(self) -> Decimal:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Explanation:
    """Two sides and why they differ. `per_day` is missing where a side has no times.

    `realised` is what a plan promised and what came of it, None where there was no plan.
    """

    by: tuple[str, ...]
    before: Side
    after: Side
    measures: Mapping[str, Measure]
    latency: Latency | None
    realised: "tuple[Realised, ...] | None" = None


def explain(before: Side, after: Side) -> Explanation:
    """Why `after` costs something else than `before`. Raises ConfigError if they are grouped differently."""
    if before.by != after.by:
        raise ConfigError(
            f"{before.label} is grouped by {', '.join(before.by)}, {after.label} by {', '.join(after.by)}"
        )
    pairs = _paired(before, after)
    measures = {}
    for name, divisors in _divisors(before, after).items():
        measures[name] = _measure(pairs, divisors, per_share=name == "per_call")
    return Explanation(before.by, before, after, measures, latency(before, after))


@dataclass(frozen=True, slots=True)
class _Pair:
    key: Key
    others: int
    before: GroupUse | None
    after: GroupUse | None


def _paired(before: Side, after: Side) -> list[_Pair]:
    """Every group with both its sides, those whose cost changed most first; beyond a hundred, one row of others."""
    keys = dict.fromkeys([*before.groups, *after.groups])
    pairs = [_Pair(key, 0, before.groups.get(key), after.groups.get(key)) for key in keys]
    pairs.sort(key=lambda pair: (-abs(_cost(pair.after) - _cost(pair.before)), str(pair.key)))
    shown, rest = pairs[:_MOST_GROUPS], pairs[_MOST_GROUPS:]
    if rest:
        nobody = (None,) * len(before.by)
        folded = [added(filter(None, side)) for side in zip(*((pair.before, pair.after) for pair in rest), strict=True)]
        shown.append(_Pair(nobody, len(rest), folded[0], folded[1]))
    return shown


def _cost(group: GroupUse | None) -> Decimal:
    return Decimal(0) if group is None else group.cost


def _groups(pairs: Iterable[_Pair]) -> list[tuple[GroupUse | None, GroupUse | None]]:
    return [(pair.before, pair.after) for pair in pairs]


def _divisors(before: Side, after: Side) -> dict[str, tuple[Fraction, Fraction]]:
    """What each measure divides the cost of either side by."""
    found = {}
    if before.days and after.days:
        found["per_day"] = (before.days, after.days)
    asked = [Fraction(sum(map(queries, side.groups.values()))) for side in (before, after)]
    if all(asked):
        found["per_call"] = (asked[0], asked[1])
    found["total"] = (Fraction(1), Fraction(1))
    return found


def _measure(pairs: Sequence[_Pair], divisors: tuple[Fraction, Fraction], *, per_share: bool) -> Measure:
    costs = [sum((_cost(group) for group in side), Decimal(0)) for side in zip(*_groups(pairs), strict=True)]
    exact = [Fraction(cost) / divisor for cost, divisor in zip(costs, divisors, strict=True)]
    level = (exact[0] + exact[1]) / 2 if per_share else None
    found = [causes(pair.before, pair.after, divisors, level=level) for pair in pairs]
    before, after = map(_rounded, exact)
    changes = _apportioned([sum((cause.amount for cause in each), Fraction(0)) for each in found], after - before)
    groups, movers = [], []
    for pair, each, change in zip(pairs, found, changes, strict=True):
        amounts = _apportioned([cause.amount for cause in each], change)
        parts: defaultdict[str, Decimal] = defaultdict(Decimal)
        for cause, amount in zip(each, amounts, strict=True):
            parts[cause.part] += amount
            movers.append(_mover(pair, cause, amount))
        own = [
            None if group is None else _rounded(Fraction(group.cost) / (queries(group) or 1 if per_share else divisor))
            for group, divisor in zip((pair.before, pair.after), divisors, strict=True)
        ]
        groups.append(GroupChange(pair.key, pair.others, own[0], own[1], change, dict(parts)))
    groups.sort(key=lambda group: (-abs(group.change), str(group.key)))
    movers.sort(
        key=lambda mover: (-abs(mover.amount), mover.part, str(mover.key), mover.model or "", mover.meter or "")
    )
    sums = {part: sum((group.parts.get(part, Decimal(0)) for group in groups), Decimal(0)) for part in PARTS}
    return Measure(before, after, sums, tuple(groups), tuple(movers))


def _mover(pair: _Pair, cause: Cause, amount: Decimal) -> Mover:
    return Mover(
        key=pair.key,
        others=pair.others,
        part=cause.part,
        model=None if cause.model is None else cause.model.model,
        rate_class=None if cause.rate_class is None else written(cause.rate_class),
        meter=cause.meter,
        amount=amount,
        before=cause.sides[0],
        after=cause.sides[1],
    )


def written(rate_class: RateClass) -> str:
    """The class in words: batch; standard, over 200,000 input tokens; standard, eu, from 16:30."""
    tier, region, over, from_second = rate_class
    words = [tier, region, f"over {over:,} input tokens" if over > 0 else ""]
    hours, minutes = from_second // 3600, from_second % 3600 // 60
    words.append(f"from {hours:02}:{minutes:02}" if from_second else "")
    return ", ".join(filter(None, words))


def _rounded(exact: Fraction | int) -> Decimal:
    """The nearest amount with as many decimals as a cost has; a half goes to the even one."""
    return Decimal(round(Fraction(exact) / Fraction(_UNIT))) * _UNIT


def _apportioned(exact: Sequence[Fraction], total: Decimal) -> list[Decimal]:
    """The amounts with as many decimals as a cost has, so that they add up to `total`, which they do but for rounding.

    All are rounded down, and what is then missing goes to those that lost most (the largest remainder, Hamilton 1792).
    """
    if not exact:
        return []
    unit = Fraction(_UNIT)
    units = [amount / unit for amount in exact]
    whole = [unit_count.__floor__() for unit_count in units]
    missing = int(total / _UNIT) - sum(whole)
    by_loss = sorted(range(len(units)), key=lambda place: (whole[place] - units[place], place))
    share, more = divmod(missing, len(units))
    for order, place in enumerate(by_loss):
        whole[place] += share + (1 if order < more else 0)
    return [Decimal(count) * _UNIT for count in whole]
