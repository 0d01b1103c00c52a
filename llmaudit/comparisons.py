"""What a person wants compared: periods of a store, whole stores, baselines, by the words of the command line.

2026-10-01..2026-10-15     the calls of the store in that time
last_month.duckdb          another store, whole
baseline.json              what `llmaudit baseline save` wrote
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from llmaudit.analyses.periods import Period, between
from llmaudit.audit import open_audit
from llmaudit.errors import ConfigError

if TYPE_CHECKING:
    from llmaudit.analyses.explain import Explanation
    from llmaudit.analyses.explain_sides import Side

_HINT = "a period such as 2026-10-01..2026-10-15, a store, or a file that llmaudit baseline save wrote"


def explanation(
    before: str,
    after: str,
    *,
    db: str | Path,
    by: Iterable[str] = ("feature",),
    where: str | None = None,
    now: datetime | None = None,
) -> "Explanation":
    """Why `after` costs something else than `before`. Raises ConfigError for words that name nothing to compare."""
    from llmaudit.analyses.explain import explain

    moment, names = now or datetime.now(UTC), list(by)
    sides = [
        _side(option, text, db, names, where, moment) for option, text in (("--before", before), ("--after", after))
    ]
    return explain(sides[0], sides[1])


def _side(option: str, text: str, db: str | Path, by: list[str], where: str | None, now: datetime) -> "Side":
    path = Path(text)
    if path.is_file() and _is_json(path):
        return _of_baseline(option, path, by, where)
    if path.is_file():
        with open_audit(path) as audit:
            return audit.side(text, Period(), by, where=where)
    if ".." not in text:
        raise ConfigError(f"{option} {text}: is neither a period nor a file", hint=_HINT)
    try:
        span = between(text, now=now)
    except ConfigError as error:
        raise ConfigError(f"{option} {error}", hint=error.hint) from error
    with open_audit(db) as audit:
        return audit.side(text, span, by, where=where)


def _is_json(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(64).lstrip().startswith(b"{")


def _of_baseline(option: str, path: Path, by: list[str], where: str | None) -> "Side":
    from llmaudit.checks.baseline import read
    from llmaudit.checks.snapshot import as_side

    side = as_side(read(path), by)
    if side.where != where:
        held = f"calls where {side.where}" if side.where else "all calls"
        raise ConfigError(f"{option} {path}: the baseline holds {held}", hint="ask for the same with --where")
    return side
