"""Why a cost changed, in parts that leave nothing over: midpoint (Bennet) weights, one inside the other.

What a group costs is a product of factors, some of which are again sums of products:

    cost = queries x tries per query x share not answered from a cache x Σ model share x Σ class share x a call's cost
    a call's cost = input tokens x Σ share of each kind of input x its price + output tokens x price + price per request

A change of a product of two is split at the midpoint of the other factor, Δ(ab) = Δa·(b₀+b₁)/2 + (a₀+a₁)/2·Δb, which
is exact and treats both sides alike (T. L. Bennet, "The theory of measurement of changes in cost of living", Journal of
the Royal Statistical Society 83, 1920, 455-462; W. E. Diewert, "Index number theory using differences rather than
ratios", American Journal of Economics and Sociology 64, 2005, 347-395). Here Δb is split again in the same way, down to
the prices. A factor that one side cannot know (the price of a model that it did not use) is taken from the other side,
so that nothing is blamed on it. Everything is a fraction of whole numbers; nothing is rounded.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

from llmaudit.analyses.explain_sides import METERS, GroupUse, ModelName, RateClass, Used

PARTS = (
    "volume",
    "group_mix",
    "new",
    "vanished",
    "retries",
    "response_cache",
    "model_mix",
    "rate_mix",
    "input_tokens",
    "cache",
    "output_tokens",
    "price",
)
"""Every cause there is; each amount of a change belongs to exactly one."""
_INPUT = METERS[:4]
_OUTPUT, _REQUEST = METERS.index("output"), METERS.index("request")
_K = TypeVar("_K")


@dataclass(frozen=True, slots=True)
class Cause:
    """One amount of a change: its part, where it sits, and the number behind it on both sides (None: not there)."""

    part: str
    amount: Fraction
    sides: tuple[Fraction | None, Fraction | None] = (None, None)
    model: ModelName | None = None
    rate_class: RateClass | None = None
    meter: str | None = None


def causes(
    before: GroupUse | None,
    after: GroupUse | None,
    divisors: tuple[Fraction, Fraction],
    *,
    level: Fraction | None = None,
) -> list[Cause]:
    """Why what a group costs, divided by each side's divisor, changed; the amounts add up to the change.

    With a `level` (the mean cost of a query) the first factor is the group's share of the queries, and counts for how
    far the group lies from that level: the amounts of all groups then add up to the change of the mean, and a group of
    average cost may come or go without any.
    """
    first, level = ("volume", Fraction(0)) if level is None else ("group_mix", level)
    sides = [_Query(group or GroupUse(), divisor) for group, divisor in zip((before, after), divisors, strict=True)]
    if not sides[0].queries or not sides[1].queries:
        there, part, sign = (sides[1], "new", 1) if sides[1].queries else (sides[0], "vanished", -1)
        amount = sign * there.volume * (there.cost - level)
        volumes = [each.volume if each.queries else None for each in sides]
        return [Cause(part, amount, (volumes[0], volumes[1]))] if there.queries else []
    a, b = sides
    tries = _known(a.tries, b.tries)
    paid = _known(a.paid, b.paid)
    call = _known(a.call, b.call)
    billed = [share * cost for share, cost in zip(paid, call, strict=True)]
    per_query = [tried * cost for tried, cost in zip(tries, billed, strict=True)]
    volume = (a.volume, b.volume)
    found = [
        Cause(first, _change(volume) * (_mid(per_query) - level), volume),
        Cause("retries", _mid(volume) * _change(tries) * _mid(billed), tries),
        Cause("response_cache", _mid(volume) * _mid(tries) * _change(paid) * _mid(call), (1 - paid[0], 1 - paid[1])),
    ]
    weight = _mid(volume) * _mid(tries) * _mid(paid)
    return [cause for cause in [*found, *_of_models(a.group, b.group, weight)] if cause.amount]


class _Query:
    """The first factors of one side: queries, how often each was tried, how many tries were paid for, at what cost."""

    def __init__(self, group: GroupUse, divisor: Fraction) -> None:
        self.group = group
        reached = group.reached
        answered = reached + group.response_cache_hits
        # A log that has only the retries still has their queries.
        self.queries = group.queries or answered
        self.volume = self.queries / divisor
        self.tries = Fraction(answered, self.queries) if self.queries else None
        self.paid = Fraction(reached, answered) if answered else None
        self.call = _per(group.cost, reached)
        self.cost = Fraction(group.cost) / self.queries if self.queries else Fraction(0)


def queries(group: GroupUse) -> int:
    """What the application asked, however often it was tried."""
    return _Query(group, Fraction(1)).queries


def _of_models(before: GroupUse, after: GroupUse, weight: Fraction) -> list[Cause]:
    """Why a call that reached a model costs something else: other models, other prices of them, other sizes."""
    models = [_by(group.cells, 0) for group in (before, after)]
    found: list[Cause] = []
    if not all(models):
        return found
    for model, cells, share, inner in _shares(models, weight):
        if share.amount:
            found.append(_named(share, "model_mix", model))
        classes = [_by(cell, 1) for cell in cells]
        if not all(classes):
            continue
        for rate_class, used, class_share, weight_of_call in _shares(classes, inner):
            if class_share.amount:
                found.append(_named(class_share, "rate_mix", model, rate_class))
            sums = [_sum(each) for each in used]
            if all(each.calls for each in sums):
                found += _of_calls(sums[0], sums[1], weight_of_call, model, rate_class)
    return found


def _shares(sides: list[dict[_K, dict[Any, Used]]], weight: Fraction) -> list[tuple[_K, list[Any], Cause, Fraction]]:
    """For each member: its cells on both sides, what its changed share did, and the weight of what changed inside it.

    A share counts for how far the member's cost lies from the mean cost of a call; shares add up to 1, so that nothing
    is left over.
    """
    totals = [sum((_sum(cells) for cells in side.values()), _NOTHING) for side in sides]
    level = _mid([_per(sum(total.costs), total.calls) or Fraction(0) for total in totals])
    rows = []
    for name in dict.fromkeys([*sides[0], *sides[1]]):
        cells = [side.get(name, {}) for side in sides]
        sums = [_sum(each) for each in cells]
        share = [Fraction(used.calls, total.calls) for used, total in zip(sums, totals, strict=True)]
        cost = _known(*(_per(sum(used.costs), used.calls) for used in sums))
        cause = Cause("", weight * _change(share) * (_mid(cost) - level), (share[0], share[1]))
        rows.append((name, cells, cause, weight * _mid(share)))
    return rows


def _of_calls(before: Used, after: Used, weight: Fraction, model: ModelName, rate_class: RateClass) -> list[Cause]:
    """Why a call at one class of a model's prices costs something else: its tokens, its cache, the prices."""
    sides = (before, after)
    where: dict[str, Any] = {"model": model, "rate_class": rate_class}
    prices = {
        meter: _known(*(_per(used.costs[place], used.tokens[place]) for used in sides))
        for place, meter in enumerate(METERS)
    }
    total = [sum(used.tokens[:4]) for used in sides]
    size = [Fraction(tokens, used.calls) for tokens, used in zip(total, sides, strict=True)]
    kinds = {
        meter: _known(
            *(Fraction(used.tokens[place], whole) if whole else None for used, whole in zip(sides, total, strict=True))
        )
        for place, meter in enumerate(_INPUT)
    }
    token = [sum(kinds[meter][side] * prices[meter][side] for meter in _INPUT) for side in (0, 1)]
    answer = [Fraction(used.tokens[_OUTPUT], used.calls) for used in sides]
    found = [
        Cause("input_tokens", weight * _change(size) * _mid(token), (size[0], size[1]), **where),
        Cause("output_tokens", weight * _change(answer) * _mid(prices["output"]), (answer[0], answer[1]), **where),
    ]
    cached = sum((_change(kinds[meter]) * _mid(prices[meter]) for meter in _INPUT), Fraction(0))
    found.append(Cause("cache", weight * _mid(size) * cached, kinds["cache_read"], **where))
    used_per_call = {meter: _mid(size) * _mid(kinds[meter]) for meter in _INPUT}
    used_per_call |= {"output": _mid(answer), "request": Fraction(1)}
    found += [
        Cause("price", weight * amount * _change(prices[meter]), prices[meter], meter=meter, **where)
        for meter, amount in used_per_call.items()
    ]
    return found


_NOTHING = Used(0, (0,) * len(METERS), (Decimal(0),) * len(METERS))


def _by(cells: Mapping[Any, Used], place: int) -> dict[Any, dict[Any, Used]]:
    """Cells by one part of their name."""
    found: defaultdict[Any, dict[Any, Used]] = defaultdict(dict)
    for name, used in cells.items():
        found[name[place]][name] = used
    return dict(found)


def _sum(cells: Mapping[Any, Used]) -> Used:
    return sum(cells.values(), _NOTHING)


def _named(share: Cause, part: str, model: ModelName, rate_class: RateClass | None = None) -> Cause:
    return Cause(part, share.amount, share.sides, model, rate_class)


def _per(cost: Decimal | int, number: int) -> Fraction | None:
    return Fraction(cost) / number if number else None


def _known(before: Fraction | None, after: Fraction | None) -> tuple[Fraction, Fraction]:
    """Both sides; one that nobody knows is taken from the other, and what neither knows is worth nothing here."""
    either = before if before is not None else after if after is not None else Fraction(0)
    return (either if before is None else before, either if after is None else after)


def _mid(pair: Any) -> Fraction:
    return Fraction(pair[0] + pair[1]) / 2


def _change(pair: Any) -> Fraction:
    return Fraction(pair[1] - pair[0])
