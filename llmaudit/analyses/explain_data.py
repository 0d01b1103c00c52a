"""An explanation as data: the JSON answer, field by field."""

from fractions import Fraction
from typing import Any

from llmaudit.analyses.explain import Explanation, GroupChange, Measure, Mover
from llmaudit.analyses.explain_latency import Latency, Moved
from llmaudit.analyses.explain_parts import PARTS
from llmaudit.analyses.explain_realised import Realised
from llmaudit.analyses.explain_sides import Key, Side
from llmaudit.analyses.periods import written
from llmaudit.money import plain

SCHEMA = "llmaudit/explain/1"
MEASURES = ("per_day", "per_call", "total")


def as_dict(found: Explanation) -> dict[str, Any]:
    """What JSON carries: money as a string of dollars, shares from 0 to 1, times ISO 8601 UTC, null for unknown."""
    return {
        "schema": SCHEMA,
        "by": list(found.by),
        "where": found.before.where,
        "before": _side(found.before),
        "after": _side(found.after),
        "measures": {
            name: _measure(found.by, found.measures[name]) if name in found.measures else None for name in MEASURES
        },
        "latency": None if found.latency is None else _latency(found.by, found.latency),
        "realised": None if found.realised is None else [_realised(each) for each in found.realised],
    }


def share_of_change(part: Any, measure: Measure) -> float | None:
    """How much of the change a part is; None where nothing changed."""
    return float(part / measure.change) if measure.change else None


def _side(side: Side) -> dict[str, Any]:
    whole = side.whole
    return {
        "name": side.label,
        "since": None if side.since is None else written(side.since),
        "until": None if side.until is None else written(side.until),
        "days": None if side.days is None else float(side.days),
        "calls": whole.calls,
        "queries": whole.queries,
        "unpriced_calls": whole.unpriced_calls,
        "effective_cost": plain(whole.cost),
        "price_book": side.price_book,
    }


def _measure(by: tuple[str, ...], measure: Measure) -> dict[str, Any]:
    return {
        "before": plain(measure.before),
        "after": plain(measure.after),
        "change": plain(measure.change),
        "change_share": float(measure.change / measure.before) if measure.before else None,
        "parts": [
            {"part": part, "change": plain(measure.parts[part]), "share": share_of_change(measure.parts[part], measure)}
            for part in PARTS
        ],
        "groups": [_group(by, group) for group in measure.groups],
        "movers": [_mover(by, mover) for mover in measure.movers],
    }


def _group(by: tuple[str, ...], group: GroupChange) -> dict[str, Any]:
    return {
        "key": _key(by, group.key),
        "others": group.others,
        "before": None if group.before is None else plain(group.before),
        "after": None if group.after is None else plain(group.after),
        "change": plain(group.change),
        "parts": {part: plain(amount) for part, amount in group.parts.items()},
    }


def _mover(by: tuple[str, ...], mover: Mover) -> dict[str, Any]:
    return {
        "key": _key(by, mover.key),
        "others": mover.others,
        "part": mover.part,
        "model": mover.model,
        "rate_class": mover.rate_class,
        "meter": mover.meter,
        "change": plain(mover.amount),
        "before": _number(mover.before),
        "after": _number(mover.after),
    }


def _latency(by: tuple[str, ...], found: Latency) -> dict[str, Any]:
    return {
        "metric": "p95_seconds",
        "calls_before": found.calls_before,
        "calls_after": found.calls_after,
        "before": found.before_seconds,
        "after": found.after_seconds,
        "change": found.change_seconds,
        "few_calls": found.few,
        "exact": found.exact,
        "groups": [{"key": _key(by, each.name), **_moved(each)} for each in found.groups],
        "models": [{"model": each.name[0], **_moved(each)} for each in found.models],
        "stages": [{"stage": each.name[0], **_moved(each)} for each in found.stages],
        "joint_seconds": found.joint_seconds,
    }


def _realised(each: Realised) -> dict[str, Any]:
    return {
        "lever": each.lever,
        "part": each.part,
        "predicted_saving": plain(each.predicted_saving),
        "realised_saving": plain(each.realised_saving),
        "share": each.share,
        "verdict": each.merit.value,
    }


def _moved(each: Moved) -> dict[str, Any]:
    return {
        "calls_before": each.calls_before,
        "calls_after": each.calls_after,
        "before": each.before_seconds,
        "after": each.after_seconds,
        "moved_seconds": each.moved_seconds,
    }


def _key(by: tuple[str, ...], key: Key) -> dict[str, str | None]:
    return dict(zip(by, key, strict=True))


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
