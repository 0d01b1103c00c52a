"""What a person wants compared: periods of a store, whole stores, baselines, by the words of the command line.

2026-10-01..2026-10-15     the calls of the store in that time
last_month.duckdb          another store, whole
baseline.json              what `llmaudit baseline save` wrote
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from llmaudit.analyses.periods import Period, between
from llmaudit.errors import ConfigError
from llmaudit.ingest.renewal import Renewal
from llmaudit.opening import open_audit

if TYPE_CHECKING:
    from llmaudit.analyses.explain import Explanation
    from llmaudit.analyses.explain_sides import Side
    from llmaudit.plan import Plan

_HINT = "a period such as 2026-10-01..2026-10-15, a store, or a file that llmaudit baseline save wrote"


def explanation(
    before: str,
    after: str,
    *,
    db: str | Path,
    by: Iterable[str] = ("feature",),
    where: str | None = None,
    plan: "Plan | None" = None,
    now: datetime | None = None,
    progress: Callable[[str], None] = lambda _: None,
    on_renewal: Callable[[Renewal], None] = lambda _: None,
) -> "Explanation":
    """Why `after` costs something else than `before`, and with a plan, what came of its promises.

    Raises ConfigError for words that name nothing to compare.
    """
    from llmaudit.analyses.explain import explain

    moment, names = now or datetime.now(UTC), list(by)
    first, second = (
        _named(option, text, db, moment, on_renewal) for option, text in (("--before", before), ("--after", after))
    )
    found = explain(first.side(names, where), second.side(names, where))
    if plan is None:
        return found
    from llmaudit.analyses.explain_realised import realised

    # By model, a routed call would be one that is new.
    grouped = [name for name in _names(names) if name != "model"] or ["feature"]
    planned = explain(first.side(grouped, where), first.predicted(grouped, where, plan, progress))
    happened = found if grouped == _names(names) else explain(first.side(grouped, where), second.side(grouped, where))
    return replace(found, realised=realised(happened, planned, (step.lever.name for step in plan.steps)))


@dataclass(frozen=True, slots=True)
class _Named:
    """Something to compare by the name a person gave it: a period of a store, or a baseline."""

    option: str
    text: str
    path: Path
    span: Period | None
    on_renewal: Callable[[Renewal], None]

    def side(self, by: list[str], where: str | None) -> "Side":
        """Its calls as one side."""
        if self.span is None:
            return _of_baseline(self.option, self.path, by, where)
        with open_audit(self.path, on_renewal=self.on_renewal) as audit:
            return audit.side(self.text, self.span, by, where=where)

    def predicted(self, by: list[str], where: str | None, plan: "Plan", progress: Callable[[str], None]) -> "Side":
        """Its calls as a plan would have left them."""
        if self.span is None:
            raise ConfigError(
                f"{self.option} {self.text}: a plan is replayed over calls, and a baseline has none", hint=_HINT
            )
        with open_audit(self.path, on_renewal=self.on_renewal) as audit:
            return audit.predicted(self.span, by, plan, where=where, progress=progress)


def _named(option: str, text: str, db: str | Path, now: datetime, on_renewal: Callable[[Renewal], None]) -> _Named:
    path = Path(text)
    if path.is_file():
        return _Named(option, text, path, None if _is_json(path) else Period(), on_renewal)
    if ".." not in text:
        raise ConfigError(f"{option} {text}: is neither a period nor a file", hint=_HINT)
    try:
        return _Named(option, text, Path(db), between(text, now=now), on_renewal)
    except ConfigError as error:
        raise ConfigError(f"{option} {error}", hint=error.hint) from error


def _names(by: Iterable[str]) -> list[str]:
    return [part.strip() for name in by for part in name.split(",")]


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
