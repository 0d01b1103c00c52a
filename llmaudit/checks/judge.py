"""Is a limit broken? Only where the whole interval of a change lies beyond it, and the change is worth speaking of.

A change that may be chance breaks nothing, and neither do too few calls: they are `insufficient`, which is no pass. A
group that the baseline does not know has no change; it is held to its own budget (`max_new`, else `max`).
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fnmatch import fnmatchcase
from fractions import Fraction
from statistics import NormalDist

from llmaudit.analyses.explain_latency import percentile
from llmaudit.checks import intervals
from llmaudit.checks.findings import Finding, State, Verdict
from llmaudit.checks.intervals import Interval
from llmaudit.checks.repricing import Book, paid
from llmaudit.checks.samples import Prices, Sample, by_key, sample, sketch, unit
from llmaudit.checks.section import DAYS, Amount, CheckSection, Limit
from llmaudit.checks.snapshot import Group, Snapshot
from llmaudit.errors import ConfigError
from llmaudit.words import count, counted

_POWER = NormalDist().inv_cdf(0.95)
_BEYOND = 10
"""How many calls lie beyond a percentile before it says anything."""


def compare(before: Snapshot, after: Snapshot, said: CheckSection, book: Book) -> Verdict:
    """One finding per limit and group. Raises ConfigError where there is no limit, or the sides are of other calls."""
    if not said.limits:
        raise ConfigError(
            "there is no limit to check",
            hint="in llmaudit.yaml: check: {limits: [{metric: cost_per_call, by: feature, max_increase: 10%}]}",
        )
    if before.where != after.where:
        asked = f"--where {before.where!r}" if before.where else "no --where"
        raise ConfigError("the baseline was taken of other calls", hint=f"check with {asked}, or save a new baseline")
    cases = [case for limit in said.limits for case in _cases(limit, said, before, after, book)]
    comparisons = sum(case.by_chance for case in cases)
    tail = float(said.false_alarm_rate) / max(1, comparisons)
    return Verdict(
        findings=tuple(case.judged(tail) for case in cases),
        calls_before=before.calls,
        calls_after=after.calls,
        unpriced_before=before.unpriced_calls,
        unpriced_after=after.unpriced_calls,
        false_alarm_rate=said.false_alarm_rate,
        comparisons=comparisons,
        tail=tail,
        priced_at=book.at,
        repriced=(book.reprice(before), book.reprice(after)),
        books=(before.price_book, after.price_book),
    )


@dataclass(frozen=True, slots=True)
class _Side:
    """What one side says about a metric: a mean or a sum, or the sketch that a percentile is read from."""

    n: int
    value: Fraction | None
    sample: Sample | None = None
    counts: Counter[int] | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    """A limit on one group. Without a bound there is nothing to judge: the finding says why."""

    limit: Limit
    finding: Finding
    before: _Side
    after: _Side
    bound: Amount | None = None
    rises: bool = False

    @property
    def by_chance(self) -> bool:
        """Whether chance has a say in it. A sum that was paid is a fact."""
        return self.bound is not None and not self._is_fact

    @property
    def _is_fact(self) -> bool:
        return not self.rises and self.limit.of.whole and self.bound is not None and self.bound.per is None

    def judged(self, tail: float) -> Finding:
        """The finding with its interval and what follows from it."""
        if self.bound is None:
            return self.finding
        return self._of_rise(self.bound, tail) if self.rises else self._of_budget(self.bound, tail)

    def _of_rise(self, bound: Amount, tail: float) -> Finding:
        relative, limit = bound.unit == "%" and self.limit.of.unit != "%", _number(bound)
        interval = self._change_interval(tail, relative=relative)
        a, b = self.before.value, self.after.value
        if interval is None or a is None or b is None:
            return replace(
                self.finding, state=State.INSUFFICIENT, reason="what it was before cannot be told from nothing"
            )
        change = float(b / a - 1 if relative else b - a)
        worth = self._is_worth_it(float(b - a), float(b / a - 1) if a else None)
        broken = interval[0] > limit and worth
        return replace(
            self.finding,
            state=State.BROKEN if broken else State.OK,
            relative=relative,
            change=change,
            interval=interval,
            detectable=self._detectable(limit, tail, float(a), relative=relative),
            moved=worth and not interval[0] <= 0 <= interval[1],
        )

    def _change_interval(self, tail: float, *, relative: bool) -> Interval | None:
        if self.before.counts is not None and self.after.counts is not None:
            rank, whole = self.limit.of.rank or 0, unit(self.limit.of)
            found = intervals.of_percentiles(self.before.counts, self.after.counts, rank, tail, relative=relative)
            return found if relative or found is None else (found[0] / whole, found[1] / whole)
        if self.before.sample is None or self.after.sample is None:
            return None
        if relative:
            return intervals.of_ratio(self.before.sample, self.after.sample, tail)
        return intervals.of_difference(self.before.sample, self.after.sample, tail)

    def _detectable(self, limit: float, tail: float, before: float, *, relative: bool) -> float | None:
        """The smallest change that 95 of 100 checks would find, for calls that vary as these do."""
        if self.before.sample is None or self.after.sample is None:
            return None
        chance = intervals.half_width(self.before.sample, self.after.sample, tail)
        missed = _POWER * math.sqrt(self.before.sample.error + self.after.sample.error)
        return limit + (chance + missed) / (before if relative else 1.0)

    def _is_worth_it(self, difference: float, ratio: float | None) -> bool:
        least = self.limit.min_effect
        if least is None:
            return True
        if least.unit == "%" and self.limit.of.unit != "%":
            return ratio is None or abs(ratio) >= _number(least)
        return abs(difference) >= _number(least)

    def _of_budget(self, bound: Amount, tail: float) -> Finding:
        limit = _number(bound)
        if self._is_fact:
            interval: Interval = (float(self.after.value or 0),) * 2
        elif self.after.counts is not None:
            whole = unit(self.limit.of)
            low, high = intervals.of_percentile(self.after.counts, self.limit.of.rank or 0, tail)
            interval = low / whole, high / whole
        else:
            assert self.after.sample is not None
            interval = intervals.of_mean(self.after.sample, tail)
        broken = interval[0] > limit
        return replace(
            self.finding,
            state=State.BROKEN if broken else State.OK,
            interval=interval,
        )


def _cases(limit: Limit, said: CheckSection, before: Snapshot, after: Snapshot, book: Book) -> Iterator[_Case]:
    """The limit on every group it is about; a limit that is about nothing is a case that was not judged."""
    sides = [by_key(_matching(limit, snapshot), limit.groups) for snapshot in (before, after)]
    keys = dict.fromkeys([*sides[0], *sides[1]])
    if not keys:
        nothing = _Side(0, None)
        finding = _finding(limit, (), State.INSUFFICIENT, nothing, nothing, reason="no call is meant by it")
        yield _Case(limit, finding, nothing, nothing)
    for key in sorted(keys, key=lambda key: tuple((part is None, part or "") for part in key)):
        groups = sides[0].get(key, []), sides[1].get(key, [])
        for bound, rises in _bounds(limit, *groups):
            yield _case(limit, said, key, groups, (before.days, after.days), book, bound, rises=rises)


def _bounds(limit: Limit, before: Sequence[Group], after: Sequence[Group]) -> list[tuple[Amount | None, bool]]:
    """What a group is held to, and whether that is a rise."""
    if not after:
        return [(None, True)]
    if not before:
        return [(limit.max_new or limit.max, False)]
    found: list[tuple[Amount | None, bool]] = [(limit.max_increase, True)] if limit.max_increase else []
    return [*found, *([(limit.max, False)] if limit.max else [])]


def _case(
    limit: Limit,
    said: CheckSection,
    key: tuple[str | None, ...],
    groups: tuple[Sequence[Group], Sequence[Group]],
    days: tuple[Fraction | None, Fraction | None],
    book: Book,
    bound: Amount | None,
    *,
    rises: bool,
) -> _Case:
    per = _days(bound)
    before, after = (
        _side(limit, side, book.of if rises else lambda _, used: paid(used), lasted, per)
        for side, lasted in zip(groups, days, strict=True)
    )
    if bound is None:
        state, reason = (State.NEW, "new, and without a budget") if groups[1] else (State.VANISHED, "no longer there")
        return _Case(limit, _finding(limit, key, state, before, after, reason=reason), before, after)
    named = "max_increase" if rises else "max" if groups[0] or not limit.max_new else "max_new"
    text = f"{named} {bound}"
    short = _too_few(limit, said, before if rises else None, after, is_fact=not rises and limit.of.whole and not per)
    state = State.INSUFFICIENT if short else State.OK
    finding = _finding(limit, key, state, before, after, text=text, reason=short)
    return _Case(limit, finding, before, after, None if short else bound, rises)


def _side(limit: Limit, groups: Sequence[Group], prices: Prices, days: Fraction | None, per: Decimal | None) -> _Side:
    of = limit.of
    if not groups:
        return _Side(0, None)
    if of.rank is not None:
        counts = sketch(groups, of)
        n = sum(counts.values())
        return _Side(n, Fraction(percentile(counts, (of.rank, 100)), unit(of)) if n else None, counts=counts)
    found = sample(groups, of, prices, days)
    if found is None:
        return _Side(0, None)
    if per is not None:
        # A budget of a month, from what the days on record cost. Without days nothing is known of a month.
        lasted = Fraction(1) if of.name == "cost_per_day" else days
        if not lasted:
            return _Side(0, None)
        scale = Fraction(per) / lasted
        found = Sample(found.n, found.value * scale, found.error * float(scale) ** 2)
    return _Side(found.n, found.value, sample=found)


def _too_few(limit: Limit, said: CheckSection, before: _Side | None, after: _Side, *, is_fact: bool) -> str | None:
    """Why there is nothing to judge, or None."""
    least = limit.min_calls or said.min_calls
    if limit.of.rank is not None:
        least = max(least, _BEYOND * 100 // (100 - limit.of.rank))
    if is_fact:
        least = 1
    for side, when in ((before, "before"), (after, "now")):
        if side is not None and side.n < least:
            return f"{count(side.n, 'call')} measured {when}, {counted(least, 'is needed', 'are needed')}"
    return None


def _finding(
    limit: Limit,
    key: tuple[str | None, ...],
    state: State,
    before: _Side,
    after: _Side,
    *,
    text: str | None = None,
    reason: str | None,
) -> Finding:
    return Finding(
        metric=limit.of,
        group=dict(zip(limit.groups, key, strict=False)),
        scope=limit.scope,
        state=state,
        limit=text or str(limit),
        before=before.value,
        after=after.value,
        calls_before=before.n,
        calls_after=after.n,
        reason=reason,
    )


def _matching(limit: Limit, snapshot: Snapshot) -> list[Group]:
    wanted = (limit.feature, limit.model)
    return [
        group
        for group in snapshot.groups
        if all(
            pattern is None or (name is not None and fnmatchcase(name, pattern))
            for pattern, name in zip(wanted, (group.feature, group.model), strict=True)
        )
    ]


def _days(bound: Amount | None) -> Decimal | None:
    return DAYS[bound.per] if bound is not None and bound.per else None


def _number(bound: Amount) -> float:
    return float(bound.number) / (100 if bound.unit == "%" else 1)
