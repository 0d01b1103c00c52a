"""`plan.yaml`: which remedies are tried, in which order, on the calls of which period.

period: {since: 2026-10-01, until: 2026-11-01}
steps:
  - route: {when: "feature = 'faq'", from: [gpt-4o*], to: gpt-4o-mini}
  - batch: {when: "feature = 'reports'"}
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from llmaudit.config import Section, check, read
from llmaudit.config.yaml_file import Lines
from llmaudit.errors import ConfigError, Location
from llmaudit.levers.lever import Lever, StepSettings
from llmaudit.levers.registry import all_levers


class PeriodSection(Section):
    """From `since`, included, to `until`, excluded: days or instants, UTC; what is left out is no limit."""

    since: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One lever with its settings, and the name it goes by in the answer."""

    lever: Lever[Any]
    name: str
    settings: StepSettings


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in the order they are taken."""

    steps: tuple[PlannedStep, ...]
    period: PeriodSection


class _PlanFile(Section):
    period: PeriodSection = PeriodSection()
    steps: list[dict[str, dict[str, Any] | None]]


def load(path: Path) -> Plan:
    """The plan in a file. Raises ConfigError with file, line and the nearest right word."""
    content, lines = read(path)
    said = check(_PlanFile, _days_as_text(content), lines, path)
    if not said.steps:
        raise ConfigError("steps: a plan has at least one step", at=Location(str(path), lines.get(("steps",))))
    steps = tuple(_step(step, number, lines, path) for number, step in enumerate(said.steps))
    return Plan(_named_apart(steps), said.period)


def planned(steps: Sequence[dict[str, dict[str, Any]]]) -> tuple[PlannedStep, ...]:
    """Steps that no file holds, as plan.yaml would have them. Raises ConfigError like `load`."""
    return _named_apart(tuple(_step(dict(step), number, {}, Path("plan")) for number, step in enumerate(steps)))


def share(text: str) -> Decimal:
    """`60%` or `0.6` as a share from 0 to 1. Raises ConfigError for anything else."""
    try:
        number = Decimal(text.removesuffix("%").strip()) / (100 if text.endswith("%") else 1)
    except InvalidOperation as error:
        raise ConfigError(f"{text!r} is not a share", hint="such as 60% or 0.6") from error
    if not (number.is_finite() and 0 <= number <= 1):
        raise ConfigError(f"{text!r} is not a share between 0 and 100 %", hint="such as 60% or 0.6")
    return number


def _step(step: dict[str, Any], number: int, lines: Lines, path: Path) -> PlannedStep:
    at = Location(str(path), lines.get(("steps", number)))
    levers = all_levers()
    if len(step) != 1:
        raise ConfigError(f"steps.{number}: a step is one lever with its settings", at=at)
    ((name, settings),) = step.items()
    if name not in levers:
        close = difflib.get_close_matches(name, levers, n=1)
        hint = f"did you mean {close[0]}?" if close else f"one of: {', '.join(levers)}"
        raise ConfigError(f"steps.{number}.{name}: there is no such lever", at=at, hint=hint)
    lever = levers[name]
    return PlannedStep(lever, name, check(lever.settings, settings, lines, path, ("steps", number, name)))


def _named_apart(steps: tuple[PlannedStep, ...]) -> tuple[PlannedStep, ...]:
    """A lever that is used more than once is numbered, so that an answer can name its steps."""
    used = [step.name for step in steps]
    return tuple(
        PlannedStep(step.lever, f"{step.name} {used[: place + 1].count(step.name)}", step.settings)
        if used.count(step.name) > 1
        else step
        for place, step in enumerate(steps)
    )


def _days_as_text(content: Any) -> Any:
    """YAML reads a day as a date; periods take them as they are written."""
    period = content.get("period") if isinstance(content, dict) else None
    if not isinstance(period, dict):
        return content
    texts = {name: value.isoformat() if isinstance(value, date | datetime) else value for name, value in period.items()}
    return {**content, "period": texts}
