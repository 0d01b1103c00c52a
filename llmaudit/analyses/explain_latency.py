"""Which feature, model or stage moved P95.

A percentile is not a sum, so its change has no exact parts. What a group did is said by putting its calls of the other
side in its place, once among the calls before and once among those after, and taking the mean of both differences; what
the groups did together only (`joint`) is what their own moves leave over. Percentiles are nearest-rank: a value that
was observed.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from llmaudit.analyses.explain_sides import TIMED, Key, Seconds, Side

RANK = (95, 100)
FEWEST = 200
"""Below ten calls beyond the percentile it is mostly chance: 10 / (1 - 0.95)."""
_MOST_GROUPS = 50
Counts: TypeAlias = Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Moved:
    """One group, model or stage: its own P95 on either side (None: not there), and what it did to the P95 of all.

    `moved_seconds` of a stage is None: what stages do is read from their own P95.
    """

    name: tuple[str | None, ...]
    calls_before: int
    calls_after: int
    before_seconds: float | None
    after_seconds: float | None
    moved_seconds: float | None


@dataclass(frozen=True, slots=True)
class Latency:
    """P95 of the duration of calls that succeeded, and who moved it, most first.

    `few` says that it is mostly chance; `exact` that durations are to the millisecond, else they are to 1 %. Of many
    groups only the fifty with most calls are looked at; what the others did is in `joint_seconds`.
    """

    calls_before: int
    calls_after: int
    before_seconds: float
    after_seconds: float
    few: bool
    exact: bool
    groups: tuple[Moved, ...]
    models: tuple[Moved, ...]
    stages: tuple[Moved, ...]
    joint_seconds: float

    @property
    def change_seconds(self) -> float:
        return self.after_seconds - self.before_seconds


def latency(before: Side, after: Side) -> Latency | None:
    """How P95 moved between two sides; None where one of them has no durations."""
    timed = [{times.measure: times for times in side.times} for side in (before, after)]
    whole = [_all(times.get(TIMED[0])) for times in timed]
    if not all(whole):
        return None
    a, b = (percentile(counts) for counts in whole)
    groups = _moved([_by(times[TIMED[0]], 0) for times in timed])
    stages = [_stage(name, [_all(times.get(name)) for times in timed]) for name in TIMED[1:]]
    n = [sum(counts.values()) for counts in whole]
    return Latency(
        calls_before=n[0],
        calls_after=n[1],
        before_seconds=a / 1000,
        after_seconds=b / 1000,
        few=min(n) < FEWEST,
        exact=before.exact_times and after.exact_times,
        groups=groups,
        models=_moved([_by(times[TIMED[0]], 1) for times in timed]),
        stages=tuple(stage for stage in stages if stage.calls_before or stage.calls_after),
        joint_seconds=(b - a) / 1000 - sum(group.moved_seconds or 0.0 for group in groups),
    )


def percentile(counts: Counts, rank: tuple[int, int] = RANK) -> int:
    """The smallest value that at least that share of the counts does not exceed: nearest rank."""
    total = sum(counts.values())
    reached = 0.0
    for value in sorted(counts):
        reached += counts[value]
        # Whole counts compare exactly; mixed ones are fractions, where the last digit decides nothing.
        if reached * rank[1] >= total * rank[0] * (1 - 1e-12):
            return value
    raise ValueError("nothing has no percentile")


def _moved(sides: list[dict[tuple[str | None, ...], Counter[int]]]) -> tuple[Moved, ...]:
    whole = [_added(side) for side in sides]
    n = [sum(counts.values()) for counts in whole]
    a, b = (percentile(counts) for counts in whole)
    found = []
    for name in _most_called(sides):
        own = [side.get(name, Counter[int]()) for side in sides]
        # The calls of the other side, as many as their share was there.
        swapped_in = percentile(_swapped(whole[0], own[0], own[1], n[0] / n[1]))
        swapped_out = percentile(_swapped(whole[1], own[1], own[0], n[1] / n[0]))
        found.append(_row(name, own, ((swapped_in - a) + (b - swapped_out)) / 2 / 1000))
    return tuple(sorted(found, key=lambda moved: (-abs(moved.moved_seconds or 0.0), str(moved.name))))


def _most_called(sides: list[dict[tuple[str | None, ...], Counter[int]]]) -> list[tuple[str | None, ...]]:
    """The names with most calls: of thousands of users, one alone does not move a percentile of all."""
    calls = Counter[tuple[str | None, ...]]()
    for side in sides:
        calls.update({name: counts.total() for name, counts in side.items()})
    return [name for name, _ in calls.most_common(_MOST_GROUPS)]


def _stage(measure: str, counts: list[Counter[int]]) -> Moved:
    return _row((measure,), counts, None)


def _row(name: tuple[str | None, ...], counts: list[Counter[int]], moved: float | None) -> Moved:
    own = [percentile(each) / 1000 if each else None for each in counts]
    n = [sum(each.values()) for each in counts]
    return Moved(name, n[0], n[1], own[0], own[1], moved)


def _swapped(whole: Counter[int], out: Counter[int], into: Counter[int], scale: float) -> Counts:
    mixed: defaultdict[int, float] = defaultdict(float, whole)
    for value, n in out.items():
        mixed[value] -= n
    for value, n in into.items():
        mixed[value] += n * scale
    kept = {value: n for value, n in mixed.items() if n > 0}
    return kept or whole


def _all(times: Seconds | None) -> Counter[int]:
    counts = Counter[int]()
    for each in times.counts.values() if times else ():
        counts.update(each)
    return counts


def _by(times: Seconds, place: int) -> dict[tuple[str | None, ...], Counter[int]]:
    """The counts by group or by model."""
    found: defaultdict[tuple[str | None, ...], Counter[int]] = defaultdict(Counter)
    for (key, model), counts in times.counts.items():
        name: Key = key if place == 0 else (model or None,)
        found[name].update(counts)
    return dict(found)


def _added(side: Mapping[tuple[str | None, ...], Counter[int]]) -> Counter[int]:
    whole = Counter[int]()
    for counts in side.values():
        whole.update(counts)
    return whole
