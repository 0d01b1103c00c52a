"""One side of a comparison, from the calls of a store: those of a period, for which a condition holds."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from llmaudit.analyses.conditions import Condition
from llmaudit.analyses.dimensions import Dimension
from llmaudit.analyses.explain_sides import TIMED, GroupUse, Key, ModelName, RateClass, Seconds, Side, Used
from llmaudit.analyses.periods import Period, limits
from llmaudit.analyses.rated import REACHED, bind_rated
from llmaudit.errors import ConfigError, NothingMeasured
from llmaudit.store import Store, load_sql

_EXACT_DIGITS = 18
_TIMES = {
    "seconds": "duration_seconds",
    "time_to_first_token_seconds": "time_to_first_token_seconds",
    "seconds_after_first_token": "duration_seconds - time_to_first_token_seconds",
}


def side(
    store: Store,
    label: str,
    *,
    by: tuple[Dimension, ...],
    period: Period,
    where: Condition | None = None,
) -> Side:
    """The calls of a store in a period, for which `where` holds. Raises NothingMeasured if none of them has a cost."""
    in_time = next((dimension for dimension in by if dimension.in_time), None)
    if in_time is not None:
        raise ConfigError(
            f"--by: two periods have no {in_time.name} in common", hint="group by feature, model, user or a tag"
        )
    bind_chosen(store, period, where)
    return side_of_chosen(store, label, by=by, period=period, where=where)


def side_of_chosen(
    store: Store, label: str, *, by: tuple[Dimension, ...], period: Period, where: Condition | None = None
) -> Side:
    """The calls bound as `chosen`, which are of that period. Raises NothingMeasured if none of them has a cost."""
    bind_keyed(store, by)
    groups = group_uses(store, len(by))
    if not any(group.calls > group.unpriced_calls for group in groups.values()):
        raise NothingMeasured(f"{label}: no call with a known cost", hint=_span(store))
    since, until = span(store, period)
    return Side(
        label=label,
        by=tuple(dimension.name for dimension in by),
        groups={_written(by, key): group for key, group in groups.items()},
        days=days_between(since, until),
        since=since,
        until=until,
        where=where.text if where else None,
        price_book=store.meta("price_book"),
        times=_times(store, by),
        asked=period,
    )


def bind_chosen(store: Store, period: Period, where: Condition | None) -> None:
    """Let `chosen` mean the calls of a period for which a condition holds."""
    held = [*([f"({where.sql})"] if where else []), *limits(period)]
    store.bind("chosen", "select * from calls" + (f" where {' and '.join(held)}" if held else ""))


def bind_keyed(store: Store, by: tuple[Dimension, ...]) -> None:
    """Let `keyed` and `keyed_rated` mean the calls of `chosen` with their group's key: all, and those with a rate."""
    pairs = ", ".join(f"key_{place} := {dimension.sql}" for place, dimension in enumerate(by))
    key = by[0].sql if len(by) == 1 else f"struct_pack({pairs})"
    store.bind("keyed", f"select {key} as key, * from chosen")
    bind_rated(store, REACHED)
    store.bind("keyed_rated", f"select {key} as key, * from rated")


def group_uses(store: Store, width: int) -> dict[Key, GroupUse]:
    """What the groups of `keyed` used, by the values of their key."""
    cells: defaultdict[Key, dict[tuple[ModelName, RateClass], Used]] = defaultdict(dict)
    for key, provider, model, tier, region, over, from_second, calls, *metered in store.rows(
        load_sql(__package__, "explain_cells")
    ):
        name = ModelName(provider, model), RateClass(tier, region, over, from_second)
        used = Used(calls, (*metered[:5], calls), tuple(metered[5:]))
        group = cells[values(key, width)]
        group[name] = group[name] + used if name in group else used
    groups = {}
    for key, calls, queries, hits, unpriced, failed, cost in store.rows(load_sql(__package__, "explain_counts")):
        name = values(key, width)
        groups[name] = GroupUse(calls, queries, hits, unpriced, failed, cells.get(name, {}))
        # Rates and costs of a store are of one make; were they not, no explanation would be better than a wrong one.
        assert groups[name].cost == cost, f"the rates of the store do not explain what {name} cost"
    return groups


def values(key: Any, width: int) -> Key:
    """The values of a group's key: itself, or the parts of a row."""
    return (key,) if width == 1 else tuple(key.values())


def span(store: Store, period: Period) -> tuple[datetime | None, datetime | None]:
    """From when until when the calls of `chosen` are: the period's limits, else the whole days of the calls.

    A limit ends where the store's own calls do: a day of which nothing is on record is not a day that cost nothing.
    """
    first, last = _whole_days(store, "chosen")
    earliest, latest = _whole_days(store, "calls")
    since = first if period.since is None or earliest is None else max(period.since, earliest)
    until = last if period.until is None or latest is None else min(period.until, latest)
    return since, until


def _whole_days(store: Store, relation: str) -> tuple[datetime | None, datetime | None]:
    """From the start of the first call's day to the end of the last one's."""
    first, last = store.rows(f"select min(started_at), max(started_at) from {relation}")[0]
    if first is None:
        return None, None
    start, end = (moment.replace(tzinfo=UTC, hour=0, minute=0, second=0, microsecond=0) for moment in (first, last))
    return start, end + timedelta(days=1)


def days_between(since: datetime | None, until: datetime | None) -> Fraction | None:
    """How many days that is, exactly."""
    if since is None or until is None:
        return None
    microseconds = (until - since) // timedelta(microseconds=1)
    return Fraction(microseconds, timedelta(days=1) // timedelta(microseconds=1))


def bind_measured(store: Store, measures: Mapping[str, str], where: str = "true") -> None:
    """Let `measured` mean the calls of `keyed` once per measure: an expression that is a whole number, or null."""
    selects = [
        f"""select key, coalesce(response_model, request_model, '') as model, '{name}' as measure,
                   cast({expression} as bigint) as value
            from keyed where {expression} >= 0 and {where}"""
        for name, expression in measures.items()
    ]
    store.bind("measured", " union all ".join(selects))


def value_counts(store: Store, digits: int) -> list[tuple[Any, ...]]:
    """How often each value of `measured` occurs: key, model, measure, value, n, sum, sum of squares."""
    return store.rows(load_sql(__package__, "explain_values"), {"digits": digits})


def milliseconds(expression: str) -> str:
    """Seconds as whole milliseconds."""
    return f"round(({expression}) * 1000)"


SUCCEEDED = "coalesce(status, 'ok') = 'ok'"


def _times(store: Store, by: tuple[Dimension, ...]) -> tuple[Seconds, ...]:
    bind_measured(store, {name: milliseconds(expression) for name, expression in _TIMES.items()}, SUCCEEDED)
    counts: dict[str, dict[tuple[Key, str], dict[int, int]]] = {name: {} for name in TIMED}
    for key, model, measure, value, n, *_ in value_counts(store, _EXACT_DIGITS):
        counts[measure].setdefault((_written(by, values(key, len(by))), model), {})[value] = n
    return tuple(Seconds(name, counts[name]) for name in TIMED)


def _written(by: tuple[Dimension, ...], key: Key) -> Key:
    """The key as text, so that sides from stores and from files have the same."""
    return tuple(None if value is None else dimension.written(value) for dimension, value in zip(by, key, strict=True))


def _span(store: Store) -> str | None:
    first, last = store.rows("select min(started_at), max(started_at) from calls")[0]
    return f"the store has calls from {first:%Y-%m-%d} to {last:%Y-%m-%d}" if first else None
