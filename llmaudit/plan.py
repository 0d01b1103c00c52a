"""`plan.yaml`: which remedies are tried, in which order, on the calls of which period.

period: {since: 2026-10-01, until: 2026-11-01}
steps:
  - route: {when: "feature = 'faq'", from: [gpt-4o*], to: gpt-4o-mini}
  - batch: {when: "feature = 'reports'"}
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from llmaudit.analyses.periods import instant
from llmaudit.config import Section, check, read
from llmaudit.config.yaml_file import Lines
from llmaudit.errors import ConfigError, Location
from llmaudit.levers.lever import Lever, Outcome, StepSettings
from llmaudit.levers.registry import all_levers
from llmaudit.store import Store
from llmaudit.words import did_you_mean

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


_PERIOD = {"since": "from then on: 2026-10-01 or an instant", "until": "up to then, not included"}


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
    _check_period(said.period, lines, path)
    if not said.steps:
        raise ConfigError("steps: a plan has at least one step", at=Location(str(path), lines.get(("steps",))))
    steps = tuple(_step(step, number, lines, path) for number, step in enumerate(said.steps))
    return Plan(_named_apart(steps), said.period)


def planned(steps: Sequence[dict[str, dict[str, Any]]]) -> tuple[PlannedStep, ...]:
    """Steps that no file holds, as plan.yaml would have them. Raises ConfigError like `load`."""
    return _named_apart(tuple(_step(dict(step), number, {}, Path("plan")) for number, step in enumerate(steps)))


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a plan.yaml, for editors: as the settings of the levers are read."""
    definitions: dict[str, Any] = {}
    for name, lever in all_levers().items():
        schema = lever.settings.model_json_schema(by_alias=True, ref_template=f"#/$defs/{name}.{{model}}")
        definitions |= {f"{name}.{inner}": part for inner, part in schema.pop("$defs", {}).items()}
        for field, info in lever.settings.model_fields.items():
            if "default" in (said := schema["properties"][info.alias or field]):
                # As a plan would say it, not as Python keeps it: 24h, and not 86400.
                said["default"] = _as_written(info, said["default"])
        definitions[name] = schema
    steps = [
        {
            "type": "object",
            "properties": {name: {"anyOf": [{"$ref": f"#/$defs/{name}"}, {"type": "null"}]}},
            "required": [name],
            "additionalProperties": False,
        }
        for name in all_levers()
    ]
    period = {name: {"type": "string", "description": meaning} for name, meaning in _PERIOD.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "llmaudit/plan/1",
        "title": "plan.yaml: which remedies are tried, in which order, on the calls of which period",
        "type": "object",
        "properties": {
            "period": {"type": "object", "properties": period, "additionalProperties": False},
            "steps": {"type": "array", "minItems": 1, "items": {"oneOf": steps}},
        },
        "required": ["steps"],
        "additionalProperties": False,
        "$defs": _untitled(definitions),
    }


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
        hint = did_you_mean(name, levers, otherwise=f"one of: {', '.join(levers)}")
        raise ConfigError(f"steps.{number}.{name}: there is no such lever", at=at, hint=hint)
    lever = levers[name]
    return PlannedStep(_placed(lever, at), name, check(lever.settings, settings, lines, path, ("steps", number, name)))


def _placed(lever: Lever[Any], at: Location) -> Lever[Any]:
    """The lever, with the place of its step in what it objects to: only the store tells that a model is unknown."""
    if at.line is None:
        return lever

    def apply(store: Store, settings: StepSettings) -> Outcome:
        try:
            return lever.apply(store, settings)
        except ConfigError as error:
            if error.at is not None:
                raise
            raise ConfigError(str(error), at=at, hint=error.hint) from error

    return replace(lever, apply=apply)


def _named_apart(steps: tuple[PlannedStep, ...]) -> tuple[PlannedStep, ...]:
    """A lever that is used more than once is numbered, so that an answer can name its steps."""
    used = [step.name for step in steps]
    return tuple(
        PlannedStep(step.lever, f"{step.name} {used[: place + 1].count(step.name)}", step.settings)
        if used.count(step.name) > 1
        else step
        for place, step in enumerate(steps)
    )


def _check_period(said: PeriodSection, lines: Lines, path: Path) -> None:
    """Raises ConfigError with file, line and key for a limit that is no time, or a period that ends before it begins.

    Later both are limits like those of the command line, and would be called by its options.
    """
    now = datetime.now(UTC)
    limits = {}
    for name, text in said:
        at = Location(str(path), lines.get(("period", name)))
        try:
            limits[name] = None if text is None else instant(text, now=now)
        except ConfigError as error:
            raise ConfigError(f"period.{name}: {error}", at=at, hint=error.hint) from error
    since, until = limits["since"], limits["until"]
    if since is not None and until is not None and since >= until:
        at = Location(str(path), lines.get(("period", "since")))
        raise ConfigError(f"period.since: {said.since} is not before until, {said.until}", at=at)


def _days_as_text(content: Any) -> Any:
    """YAML reads a day as a date and a year as a number; periods take them as they are written."""
    period = content.get("period") if isinstance(content, dict) else None
    if not isinstance(period, dict):
        return content
    return {**content, "period": {name: _as_text(value) for name, value in period.items()}}


def _as_text(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, int) else value


def _as_written(field: "FieldInfo", default: Any) -> Any:
    from pydantic import TypeAdapter

    if not field.metadata or default is None:
        return default
    kind: Any = Annotated[(field.annotation, *field.metadata)]
    return TypeAdapter(kind).dump_python(field.default, mode="json")


def _untitled(schema: Any) -> Any:
    """Without the titles that pydantic makes up from names."""
    if isinstance(schema, list):
        return [_untitled(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: _untitled(part) for name, part in schema.items() if not (name == "title" and isinstance(part, str))}
