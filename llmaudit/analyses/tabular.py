"""A breakdown as data: the JSON answer, field by field, and a table for notebooks."""

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from llmaudit.analyses.breakdown import Breakdown, Group
from llmaudit.analyses.concentration import Concentration
from llmaudit.analyses.dimensions import Dimension
from llmaudit.analyses.facts import Coverage, Reported
from llmaudit.analyses.periods import written
from llmaudit.model import Measures
from llmaudit.money import plain

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "llmaudit/breakdown/1"


def as_dict(found: Breakdown) -> dict[str, Any]:
    """What JSON carries: money as a string of dollars, shares from 0 to 1, times ISO 8601 UTC, null for unknown."""
    return {
        "schema": SCHEMA,
        "since": _time(found.period.since),
        "until": _time(found.period.until),
        "where": found.where,
        "by": [dimension.name for dimension in found.by],
        "total": _measures(found.total),
        "groups": [_group(found.by, group) for group in found.groups],
        "groups_for_80_percent": found.groups_for_80_percent,
        "concentration": [_concentration(each) for each in found.concentration],
        "split": [
            {"part": each.part, "effective_cost": plain(each.effective_cost), "share": each.share}
            for each in found.split
        ],
        "reported": _reported(found.reported),
        "coverage": _coverage(found.coverage),
        "unpriced": [asdict(each) for each in found.unpriced],
        "price_book": found.price_book,
    }


def key_of(by: tuple[Dimension, ...], group: Group) -> dict[str, str | None]:
    """A group's key by dimension, as text; None where its calls have no value, and for the others."""
    return {
        dimension.name: None if value is None else dimension.written(value)
        for dimension, value in zip(by, group.key, strict=True)
    }


def as_arrow(found: Breakdown) -> "pa.Table":
    """One row per group, as a table: the dimensions, the measures, the shares and `others`; money is decimal."""
    import pyarrow as pa

    money, share = pa.decimal128(38, 12), pa.float64()
    rows = [
        {**key_of(found.by, group), **asdict(group.measures), **_shares(group), "others": group.others}
        for group in found.groups
    ]
    columns = [(dimension.name, pa.string()) for dimension in found.by]
    columns += [(name, money if name.endswith("_cost") else pa.int64()) for name in asdict(found.total)]
    columns += [("share", share), ("cumulative_share", share), ("others", pa.int64())]
    return pa.Table.from_pylist(rows, schema=pa.schema(columns))


def _group(by: tuple[Dimension, ...], group: Group) -> dict[str, Any]:
    return {"key": key_of(by, group), **_measures(group.measures), **_shares(group), "others": group.others}


def _shares(group: Group) -> dict[str, float | None]:
    return {"share": group.share, "cumulative_share": group.cumulative_share}


def _measures(measures: Measures) -> dict[str, Any]:
    return {
        "calls": measures.calls,
        "input_tokens": measures.input_tokens,
        "cache_read_input_tokens": measures.cache_read_input_tokens,
        "cache_creation_input_tokens": measures.cache_creation_input_tokens,
        "output_tokens": measures.output_tokens,
        "list_cost": plain(measures.list_cost),
        "effective_cost": plain(measures.effective_cost),
        "unpriced_calls": measures.unpriced_calls,
    }


def _concentration(each: Concentration) -> dict[str, Any]:
    return {
        "of": each.of,
        "items": each.items,
        "cost": plain(each.cost),
        "items_for_80_percent": each.items_for_80_percent,
        "share_for_80_percent": each.share_for_80_percent,
    }


def _reported(found: Reported | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "calls": found.calls,
        "reported_cost": plain(found.reported_cost),
        "effective_cost": plain(found.effective_cost),
        "difference": plain(found.difference),
        "differing_calls": found.differing_calls,
    }


def _coverage(found: Coverage) -> dict[str, Any]:
    return {
        "first_call_at": _time(found.first_at),
        "last_call_at": _time(found.last_at),
        "untimed_calls": found.untimed_calls,
        "uncounted_calls": found.uncounted_calls,
        "fallback_calls": found.fallback_calls,
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else written(moment)
