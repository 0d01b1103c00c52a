"""What calls can be grouped by: a name, what it means over the columns of `calls`, and how a value of it is written.

Days, weeks, months and hours are those of UTC; a week is named by its Monday, an hour by its own day and hour.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from llmaudit.errors import ConfigError
from llmaudit.words import did_you_mean

TAG = "tag:"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One way to group calls. `unnamed` is what people read where a call has no value; in data that is null."""

    name: str
    sql: str
    unnamed: str = "(unattributed)"
    written: Callable[[Any], str] = str
    in_time: bool = False


def _day(value: date) -> str:
    return value.isoformat()


def _month(value: date) -> str:
    return value.isoformat()[:7]


def _hour(value: datetime) -> str:
    return value.isoformat(timespec="seconds") + "Z"


_ALL = (
    Dimension("provider", "provider_name", "(unknown)"),
    Dimension("model", "coalesce(response_model, request_model)", "(unknown)"),
    Dimension("feature", "feature"),
    Dimension("tier", "tier"),
    Dimension("user", "user_id"),
    Dimension("key", "api_key_id"),
    Dimension("project", "project_id"),
    Dimension("environment", "environment"),
    Dimension("conversation", "conversation_id"),
    Dimension("system_prompt", "system_prompt_hash"),
    Dimension("status", "status", "(unknown)"),
    Dimension("service_tier", "service_tier", "(unknown)"),
    Dimension("complexity", "complexity", "(unknown)"),
    Dimension("hour", "date_trunc('hour', started_at)", "(no time)", _hour, in_time=True),
    Dimension("day", "cast(started_at as date)", "(no time)", _day, in_time=True),
    Dimension("week", "cast(date_trunc('week', started_at) as date)", "(no time)", _day, in_time=True),
    Dimension("month", "cast(date_trunc('month', started_at) as date)", "(no time)", _month, in_time=True),
)
DIMENSIONS = {dimension.name: dimension for dimension in _ALL}
"""Every dimension but the tags, which are `tag:NAME`."""


def dimensions(names: Iterable[str]) -> tuple[Dimension, ...]:
    """The dimensions of those names, in order; a name may hold several, separated by commas.

    Raises ConfigError for a name that is none, and for one that is given twice.
    """
    wanted = [part.strip() for name in names for part in name.split(",")]
    if "" in wanted:
        raise ConfigError("--by: there is a comma with no name beside it", hint="such as --by feature,model")
    twice = next((name for name in wanted if wanted.count(name) > 1), None)
    if twice is not None:
        raise ConfigError(f"--by: {twice} is given twice")
    if not wanted:
        raise ConfigError("--by: name at least one thing to group by", hint=_known())
    return tuple(_dimension(name) for name in wanted)


def _dimension(name: str) -> Dimension:
    if name.startswith(TAG) and len(name) > len(TAG):
        tag = name.removeprefix(TAG).replace("'", "''")
        return Dimension(name, f"tags['{tag}']")
    if name in DIMENSIONS:
        return DIMENSIONS[name]
    hint = did_you_mean(name, DIMENSIONS, otherwise=_known())
    raise ConfigError(f"--by: calls are not grouped by {name!r}", hint=hint)


def _known() -> str:
    return f"one of {', '.join(DIMENSIONS)}, tag:NAME"
