"""What a baseline holds of calls: sums and sketches by feature and model, never a call itself.

From them follow, for any group of features and models: mean and variance of cost, tokens and durations per call, any
percentile to 1 %, and what the same calls cost at other prices.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from typing import TypeAlias

from llmaudit.analyses import explain_store as sides
from llmaudit.analyses.conditions import Condition
from llmaudit.analyses.dimensions import dimensions
from llmaudit.analyses.explain_sides import TIMED, GroupUse, Key, ModelName, RateClass, Seconds, Side
from llmaudit.analyses.periods import Period
from llmaudit.errors import ConfigError, NothingMeasured
from llmaudit.store import Store, load_sql

BY = ("feature", "model")
TOKEN_METERS = 5
"""The meters that count tokens: fresh input, reads, writes, writes for an hour, output."""
PAIRS = tuple((row, column) for row in range(TOKEN_METERS) for column in range(row, TOKEN_METERS))
_SKETCH_DIGITS = 3

_ANSWERED = "coalesce(response_cache_hit, false) = false"
MEASURES = {
    "cost": (10**9, "round(effective_cost * 1000000000)"),
    "input_tokens": (1, f"case when {_ANSWERED} then input_tokens end"),
    "output_tokens": (1, f"case when {_ANSWERED} then output_tokens end"),
    "tokens": (1, f"case when {_ANSWERED} then input_tokens + output_tokens end"),
    "seconds": (1000, sides.milliseconds("duration_seconds")),
    "time_to_first_token_seconds": (1000, sides.milliseconds("time_to_first_token_seconds")),
}
"""What is measured of each call that succeeded: how many whole units make one, and the SQL that counts them."""

CellName: TypeAlias = tuple[ModelName, RateClass]
Moments: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure over `n` calls: mean and variance (with n - 1), in its own unit, and how often each value occurs.

    Values of the sketch are whole units of it (nano-dollars, tokens, milliseconds), rounded down by 1 % at most.
    """

    n: int
    mean: float
    variance: float
    sketch: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Group:
    """The calls of one feature to one model: what they used, how that varies, and what was measured of them."""

    feature: str | None
    model: str | None
    use: GroupUse
    moments: Mapping[CellName, Moments]
    measures: Mapping[str, Measured]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The calls of a period as sums. `days` is how long it lasted, None where no call has a time."""

    groups: tuple[Group, ...]
    days: Fraction | None = None
    since: datetime | None = None
    until: datetime | None = None
    where: str | None = None
    price_book: str | None = None
    name: str = field(default="", compare=False)

    @property
    def calls(self) -> int:
        return sum(group.use.calls for group in self.groups)

    @property
    def unpriced_calls(self) -> int:
        return sum(group.use.unpriced_calls for group in self.groups)


def take(store: Store, period: Period, where: Condition | None = None, name: str = "") -> Snapshot:
    """The calls of a store in a period for which `where` holds. Raises NothingMeasured if there are none."""
    by = dimensions(BY)
    sides.bind_chosen(store, period, where)
    sides.bind_keyed(store, by)
    uses = sides.group_uses(store, len(by))
    if not uses:
        raise NothingMeasured(f"{name or store.path}: there is no call to measure")
    since, until = sides.span(store, period)
    moments, measures = _moments(store), _measures(store)
    return Snapshot(
        groups=tuple(
            Group(key[0], key[1], use, moments.get(key, {}), measures.get(key, {}))
            for key, use in sorted(uses.items(), key=lambda item: tuple((part is None, part or "") for part in item[0]))
        ),
        days=sides.days_between(since, until),
        since=since,
        until=until,
        where=where.text if where else None,
        price_book=store.meta("price_book"),
        name=name,
    )


def as_side(snapshot: Snapshot, by: Iterable[str]) -> Side:
    """The snapshot as one side of an explanation. Raises ConfigError for what a baseline cannot be grouped by."""
    names = tuple(part.strip() for name in by for part in name.split(","))
    unknown = [name for name in names if name not in BY]
    if unknown:
        raise ConfigError(f"--by {unknown[0]}: a baseline knows features and models only", hint="compare two stores")
    groups: defaultdict[Key, GroupUse] = defaultdict(GroupUse)
    counts: dict[str, dict[tuple[Key, str], dict[int, int]]] = {TIMED[0]: {}, TIMED[1]: {}}
    for group in snapshot.groups:
        values = {"feature": group.feature, "model": group.model}
        key = tuple(values[name] for name in names)
        groups[key] += group.use
        for measure, found in counts.items():
            if measure in group.measures:
                own = found.setdefault((key, group.model or ""), {})
                for value, n in group.measures[measure].sketch.items():
                    own[value] = own.get(value, 0) + n
    return Side(
        label=snapshot.name,
        by=names,
        groups=dict(groups),
        days=snapshot.days,
        since=snapshot.since,
        until=snapshot.until,
        where=snapshot.where,
        price_book=snapshot.price_book,
        times=tuple(Seconds(measure, found) for measure, found in counts.items()),
        exact_times=False,
    )


def _moments(store: Store) -> dict[Key, dict[CellName, Moments]]:
    found: defaultdict[Key, dict[CellName, Moments]] = defaultdict(dict)
    for key, provider, model, tier, region, over, second, *products in store.rows(
        load_sql(__package__, "snapshot_moments")
    ):
        group = found[sides.values(key, len(BY))]
        name = ModelName(provider, model), RateClass(tier, region, over, second)
        before = group.get(name, (0,) * len(PAIRS))
        group[name] = tuple(old + int(new) for old, new in zip(before, products, strict=True))
    return dict(found)


def _measures(store: Store) -> dict[Key, dict[str, Measured]]:
    sides.bind_measured(store, {name: sql for name, (_, sql) in MEASURES.items()}, sides.SUCCEEDED)
    sketches: defaultdict[tuple[Key, str], dict[int, int]] = defaultdict(dict)
    sums: dict[tuple[Key, str], list[int]] = {}
    for key, _model, measure, value, n, total, squares in sides.value_counts(store, _SKETCH_DIGITS):
        name = sides.values(key, len(BY)), measure
        sketches[name][value] = sketches[name].get(value, 0) + n
        so_far = sums.setdefault(name, [0, 0, 0])
        for place, more in enumerate((n, int(total), int(squares))):
            so_far[place] += more
    found: defaultdict[Key, dict[str, Measured]] = defaultdict(dict)
    for (key, measure), (n, total, squares) in sums.items():
        unit = MEASURES[measure][0]
        variance = Fraction(squares * n - total * total, n * (n - 1)) if n > 1 else Fraction(0)
        found[key][measure] = Measured(
            n, float(Fraction(total, n * unit)), float(variance / unit**2), sketches[key, measure]
        )
    return dict(found)


def renamed(snapshot: Snapshot, name: str) -> Snapshot:
    """The same snapshot under the name people know it by."""
    return replace(snapshot, name=name)
