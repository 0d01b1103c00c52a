"""A baseline is a snapshot as a file: small, readable in a diff, the same bytes for the same calls."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any

from llmaudit.analyses.explain_sides import METERS, GroupUse, ModelName, RateClass, Used
from llmaudit.analyses.periods import written
from llmaudit.checks.snapshot import PAIRS, CellName, Group, Measured, Moments, Snapshot
from llmaudit.errors import ConfigError, Location, ReadError
from llmaudit.money import plain

SCHEMA = "llmaudit/baseline/1"
_NAMED, _START = b'"llmaudit/baseline/', 100
"""How a baseline begins: with its schema."""
_HINT = "llmaudit baseline save --output FILE writes one"
_COUNTS = ("calls", "queries", "response_cache_hits", "unpriced_calls", "failed_calls")


def text(snapshot: Snapshot) -> str:
    """The snapshot as JSON, in an order that repeats."""
    return json.dumps(as_dict(snapshot), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def as_dict(snapshot: Snapshot) -> dict[str, Any]:
    """What the file holds: money as strings of dollars, times ISO 8601 UTC, sketches as `value:count` in one string."""
    return {
        "schema": SCHEMA,
        "since": None if snapshot.since is None else written(snapshot.since),
        "until": None if snapshot.until is None else written(snapshot.until),
        "days": None if snapshot.days is None else str(snapshot.days),
        "where": snapshot.where,
        "price_book": snapshot.price_book,
        "calls": snapshot.calls,
        "unpriced_calls": snapshot.unpriced_calls,
        "groups": [_group(group) for group in snapshot.groups],
    }


def read(path: Path) -> Snapshot:
    """The snapshot in a file. Raises ReadError when it is not one that this version wrote."""
    at = Location(str(path))
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReadError(error.strerror or "cannot be read", at=at, hint=_HINT) from error
    except ValueError as error:
        raise ReadError("is not a baseline: not JSON", at=at, hint=_HINT) from error
    schema = said.get("schema") if isinstance(said, dict) else None
    if schema != SCHEMA:
        raise ReadError(f"is not a baseline: its schema is {schema}, not {SCHEMA}", at=at, hint=_HINT)
    try:
        return parsed(said, str(path))
    except (KeyError, TypeError, ValueError, InvalidOperation, ZeroDivisionError) as error:
        raise ReadError(f"is a damaged baseline: {type(error).__name__} at {error}", at=at, hint=_HINT) from error


def refuse_to_overwrite(path: Path) -> None:
    """Raises ConfigError when a file is there that is no baseline; one of any version, or an empty file, may go."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        start = file.read(_START)
    if start and _NAMED not in start:
        raise ConfigError(
            "is a file already, and no baseline", at=Location(str(path)), hint="name another file with --output"
        )


def _group(group: Group) -> dict[str, Any]:
    return {
        "feature": group.feature,
        "model": group.model,
        **{name: getattr(group.use, name) for name in _COUNTS},
        "rates": [_cell(name, used, group.moments[name]) for name, used in sorted(group.use.cells.items())],
        "measures": {
            name: {
                "n": measured.n,
                "mean": measured.mean,
                "variance": measured.variance,
                "sketch": " ".join(f"{value}:{n}" for value, n in sorted(measured.sketch.items())),
            }
            for name, measured in sorted(group.measures.items())
        },
    }


def _cell(name: CellName, used: Used, moments: Moments) -> dict[str, Any]:
    model, kind = name
    return {
        **model._asdict(),
        **kind._asdict(),
        "calls": used.calls,
        "tokens": dict(zip(METERS[:-1], used.tokens, strict=False)),
        "costs": {meter: plain(cost) for meter, cost in zip(METERS, used.costs, strict=True)},
        "products": " ".join(map(str, moments)),
    }


def parsed(said: Mapping[str, Any], name: str) -> Snapshot:
    """The snapshot that a baseline's content says; any exception of Python's own where it says none."""
    return Snapshot(
        groups=tuple(_read_group(group) for group in said["groups"]),
        days=None if said["days"] is None else Fraction(said["days"]),
        since=_time(said["since"]),
        until=_time(said["until"]),
        where=said["where"],
        price_book=said["price_book"],
        name=name,
    )


def _read_group(said: Mapping[str, Any]) -> Group:
    cells: dict[CellName, Used] = {}
    moments: dict[CellName, Moments] = {}
    for cell in said["rates"]:
        name = ModelName(cell["provider_name"], cell["model"]), RateClass(*(cell[part] for part in RateClass._fields))
        calls = _count(cell["calls"])
        tokens = (*(_count(cell["tokens"][meter]) for meter in METERS[:-1]), calls)
        cells[name] = Used(calls, tokens, tuple(Decimal(cell["costs"][meter]) for meter in METERS))
        moments[name] = tuple(int(product) for product in cell["products"].split())
        if len(moments[name]) != len(PAIRS):
            raise ValueError("products")
    measures = {name: _measured(measure) for name, measure in said["measures"].items()}
    use = GroupUse(**{name: _count(said[name]) for name in _COUNTS}, cells=cells)
    return Group(said["feature"], said["model"], use, moments, measures)


def _measured(said: Mapping[str, Any]) -> Measured:
    pairs = (pair.split(":") for pair in said["sketch"].split())
    sketch = {int(value): int(n) for value, n in pairs}
    if sum(sketch.values()) != said["n"]:
        raise ValueError("sketch")
    return Measured(said["n"], float(said["mean"]), float(said["variance"]), sketch)


def _count(value: Any) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError(value)
    return value


def _time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
