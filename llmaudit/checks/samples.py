"""What a group of calls says about a metric: how many calls, their mean, and how far the mean may be off."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from llmaudit.analyses.explain_sides import Used
from llmaudit.checks.metrics import Metric
from llmaudit.checks.repricing import UnitPrices, total
from llmaudit.checks.snapshot import MEASURES, PAIRS, CellName, Group, Moments

Prices = Callable[[CellName, Used], UnitPrices]


@dataclass(frozen=True, slots=True)
class Sample:
    """`n` calls, the value of a metric over them, and the variance of that value (not of a call)."""

    n: int
    value: Fraction
    error: float


def sample(groups: Sequence[Group], of: Metric, prices: Prices, days: Fraction | None) -> Sample | None:
    """A mean or a sum over the groups; None where nothing was measured, or a sum per day has no days."""
    if of.measure == "cost":
        return _cost(groups, of, prices, days)
    if of.measure == "failed":
        n, failed = (sum(counts) for counts in zip(*((g.use.calls, g.use.failed_calls) for g in groups), strict=True))
        share = Fraction(failed, n)
        return Sample(n, share, float(share * (1 - share)) / (n - 1) if n > 1 else 0.0)
    return _pooled(groups, of.measure)


def sketch(groups: Sequence[Group], of: Metric) -> Counter[int]:
    """How often each value of the metric's measure occurs, in whole units of it."""
    counts = Counter[int]()
    for group in groups:
        if of.measure in group.measures:
            counts.update(group.measures[of.measure].sketch)
    return counts


def unit(of: Metric) -> int:
    """How many whole units of a sketch make one of the metric's."""
    return MEASURES[of.measure][0]


def _cost(groups: Sequence[Group], of: Metric, prices: Prices, days: Fraction | None) -> Sample | None:
    n, cost, squares = 0, Fraction(0), Fraction(0)
    for group in groups:
        n += group.use.reached + group.use.response_cache_hits
        for name, used in group.use.cells.items():
            units = prices(name, used)
            cost += total(used, units)
            squares += _squares(used, group.moments[name], units)
    if not n or (of.name == "cost_per_day" and not days):
        return None
    if of.whole:
        # Calls come at random: their number varies as their cost does, and the variance of the sum is Σ cost².
        scale = days if of.name == "cost_per_day" and days else Fraction(1)
        return Sample(n, cost / scale, float(squares / scale**2))
    mean = cost / n
    variance = float((squares - n * mean * mean) / (n - 1)) if n > 1 else 0.0
    return Sample(n, mean, max(variance, 0.0) / n)


def _squares(used: Used, moments: Moments, prices: UnitPrices) -> Fraction:
    """Σ of the squared costs of calls: (p·x + request)² is p'(Σxx')p + 2·request·p·Σx + n·request²."""
    found = sum(
        ((1 if row == column else 2) * product * prices[row] * prices[column])
        for (row, column), product in zip(PAIRS, moments, strict=True)
    )
    request = prices[-1]
    if request:
        tokens = sum((prices[place] * used.tokens[place] for place in range(len(prices) - 1)), Fraction(0))
        found += 2 * request * tokens + used.calls * request * request
    return Fraction(found)


def _pooled(groups: Sequence[Group], measure: str) -> Sample | None:
    found = [group.measures[measure] for group in groups if measure in group.measures]
    n = sum(each.n for each in found)
    if not n:
        return None
    mean = sum((Fraction(each.mean) * each.n for each in found), Fraction(0)) / n
    spread = sum(each.variance * (each.n - 1) + each.n * (each.mean - float(mean)) ** 2 for each in found)
    return Sample(n, mean, spread / (n - 1) / n if n > 1 else 0.0)


def by_key(groups: Sequence[Group], names: tuple[str, ...]) -> Mapping[tuple[str | None, ...], list[Group]]:
    """The groups of a snapshot by feature, by model, by both, or all under the empty key."""
    found: dict[tuple[str | None, ...], list[Group]] = {}
    for group in groups:
        values = {"feature": group.feature, "model": group.model}
        found.setdefault(tuple(values[name] for name in names), []).append(group)
    return found
