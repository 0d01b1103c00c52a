"""What it costs: the calls of a store in groups, dearest first, with what the totals leave out.

breakdown(store, by=("model", "feature"), period=Period(), where=None, top=10)
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from llmaudit.analyses.concentration import LINE, Concentration, concentrations
from llmaudit.analyses.conditions import Condition
from llmaudit.analyses.dimensions import Dimension
from llmaudit.analyses.facts import CostPart, Coverage, Reported, UnpricedModel, coverage, reported, split, unpriced
from llmaudit.analyses.periods import Period, limits
from llmaudit.errors import ConfigError, NothingMeasured
from llmaudit.model import Measures
from llmaudit.store import Store, load_sql

_BREAKDOWN = load_sql(__package__, "breakdown")
_MEASURES = tuple(Measures.__dataclass_fields__)
_ALL_GROUPS = 10**18


@dataclass(frozen=True, slots=True)
class Group:
    """Calls that share a key: one value per dimension, None where a call has none.

    `share` and `cumulative_share` are of the total cost, from 0 to 1, or None where nothing cost anything.
    The last row under --top stands for `others` groups at once; its key is None throughout. Elsewhere `others` is 0.
    """

    key: tuple[Any, ...]
    measures: Measures
    share: float | None
    cumulative_share: float | None
    others: int = 0


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Groups, dearest first, that add up to `total`; and what stands behind and beside that total.

    `groups_for_80_percent` counts the groups that reach 80 % of the cost; None if nothing cost anything, or the line
    lies among the others. `price_book` is what the store was priced with.
    """

    by: tuple[Dimension, ...]
    period: Period
    where: str | None
    total: Measures
    groups: tuple[Group, ...]
    groups_for_80_percent: int | None
    concentration: tuple[Concentration, ...]
    split: tuple[CostPart, ...]
    reported: Reported | None
    coverage: Coverage
    unpriced: tuple[UnpricedModel, ...]
    price_book: str | None = None


def breakdown(
    store: Store,
    *,
    by: tuple[Dimension, ...],
    period: Period,
    where: Condition | None = None,
    top: int | None = None,
) -> Breakdown:
    """The breakdown of the calls of a period for which `where` holds.

    Calls without a time belong to no period: they are left out of a limited one, and `coverage` counts them.
    Raises NothingMeasured if there are no calls to answer from.
    """
    if top is not None and top < 1:
        raise ConfigError("--top: show at least one group")
    condition = f"({where.sql})" if where else None
    choose(store, period, where)
    known = coverage(store)
    if period.limited:
        known = known.with_untimed(store.value(f"select count(*) from ({_chosen([condition, 'started_at is null'])})"))
    if not known.calls:
        raise _nothing(store)
    store.bind("keyed", f"select {_key(by)} as key, * from chosen")
    shown = top or _ALL_GROUPS
    groups, for_80_percent = _shared(store.rows(_BREAKDOWN, {"top": shown}), len(by), shown)
    total = _sum(group.measures for group in groups)
    return Breakdown(
        by=by,
        period=period,
        where=where.text if where else None,
        total=total,
        groups=groups,
        groups_for_80_percent=for_80_percent,
        concentration=tuple(concentrations(store)),
        split=split(store, total.effective_cost),
        reported=reported(store),
        coverage=known,
        unpriced=unpriced(store) if total.unpriced_calls else (),
        price_book=store.meta("price_book"),
    )


def choose(store: Store, period: Period, where: Condition | None = None) -> None:
    """Let `chosen` mean the calls of a period for which `where` holds: what every question here is asked about."""
    store.bind("chosen", _chosen([f"({where.sql})" if where else None, *limits(period)]))


def _chosen(conditions: Iterable[str | None]) -> str:
    held = [condition for condition in conditions if condition]
    return "select * from calls" + (f" where {' and '.join(held)}" if held else "")


def _key(by: tuple[Dimension, ...]) -> str:
    """One value that stands for the group: the dimension itself, or a row of several."""
    if len(by) == 1:
        return by[0].sql
    return f"struct_pack({', '.join(f'key_{place} := {dimension.sql}' for place, dimension in enumerate(by))})"


def _shared(rows: list[tuple[Any, ...]], width: int, top: int) -> tuple[tuple[Group, ...], int | None]:
    """The groups with their shares, and how many of them reach 80 % of the cost."""
    total = sum((row[-2] for row in rows), Decimal(0))
    groups: list[Group] = []
    reached, for_80_percent = Decimal(0), None
    for place, group_count, key, *measured in rows:
        measures = Measures(*measured)
        others = group_count if place > top else 0
        reached += measures.effective_cost
        if total and for_80_percent is None and not others and reached >= LINE * total:
            for_80_percent = place
        groups.append(
            Group(
                key=(None,) * width if others else _values(key, width),
                measures=measures,
                share=float(measures.effective_cost / total) if total else None,
                cumulative_share=float(reached / total) if total else None,
                others=others,
            )
        )
    return tuple(groups), for_80_percent


def _values(key: Any, width: int) -> tuple[Any, ...]:
    return (key,) if width == 1 else tuple(key.values())


def _sum(all_measures: Iterable[Measures]) -> Measures:
    columns = zip(*([getattr(each, name) for name in _MEASURES] for each in all_measures), strict=True)
    return Measures(*(sum(column) for column in columns))


def _nothing(store: Store) -> NothingMeasured:
    if not store.value("select count(*) from calls"):
        return NothingMeasured(f"{store.path}: no call has been read yet", hint="llmaudit ingest PATH… reads logs")
    span = store.rows("select min(started_at), max(started_at) from calls")[0]
    hint = f"the store has calls from {span[0]:%Y-%m-%d} to {span[1]:%Y-%m-%d}" if span[0] else None
    return NothingMeasured("no call matches --since, --until and --where", hint=hint)
