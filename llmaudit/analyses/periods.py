"""Periods: `--since` and `--until` as instants. Everything is UTC unless a timestamp names another zone.

    2026-10-01             the start of that day
    2026-10-01T13:30       that instant; also with seconds, with Z, or with an offset such as +02:00
    30d, 12h, 45m, 2w      so long before now

`since` is included, `until` is not: `--since 2026-10-01 --until 2026-11-01` is October.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from llmaudit.errors import ConfigError

_AGO = re.compile(r"(\d{1,6})\s*([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DATED = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?")
_HINT = "such as 2026-10-01, 2026-10-01T13:30, 30d or 12h"


@dataclass(frozen=True, slots=True)
class Period:
    """From `since`, included, to `until`, excluded, both in UTC; None is no limit."""

    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ConfigError(f"--since {written(self.since)} is not before --until {written(self.until)}")

    @property
    def limited(self) -> bool:
        """Whether it leaves anything out."""
        return self.since is not None or self.until is not None


def period(since: str | datetime | None, until: str | datetime | None, *, now: datetime) -> Period:
    """The period between two limits as a person writes them. Raises ConfigError if inverted or not times."""
    return Period(
        None if since is None else _limit("--since", since, now),
        None if until is None else _limit("--until", until, now),
    )


def between(text: str, *, now: datetime) -> Period:
    """`2026-10-01..2026-10-15` as a period, either limit left out if there is none. Raises ConfigError."""
    since, dots, until = text.partition("..")
    if not dots or not (since or until):
        raise ConfigError(f"{text!r} is not a period", hint="such as 2026-10-01..2026-10-15, or 14d..7d")
    try:
        return Period(*(instant(limit, now=now) if limit else None for limit in (since, until)))
    except ConfigError as error:
        raise ConfigError(f"{text}: {error}", hint=error.hint) from error


def instant(text: str, *, now: datetime) -> datetime:
    """The instant a person means, in UTC; `now` is what `30d` counts back from. Raises ConfigError if it means none."""
    ago = _AGO.fullmatch(text.strip())
    try:
        if ago:
            return now.astimezone(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        if not _DATED.fullmatch(text.strip()):
            raise ValueError
        return _utc(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError) as error:
        raise ConfigError(f"{text!r} is not a time", hint=_HINT) from error


def written(moment: datetime) -> str:
    """An instant as JSON carries it: ISO 8601 in UTC, as 2026-10-01T13:30:00Z."""
    return _utc(moment).replace(tzinfo=None).isoformat() + "Z"


def limits(period: Period) -> list[str]:
    """The period as conditions on `started_at`, safe to run; none where there is no limit."""
    bounds = {">=": period.since, "<": period.until}
    return [
        f"started_at {sign} timestamp '{bound.replace(tzinfo=None).isoformat(sep=' ')}'"
        for sign, bound in bounds.items()
        if bound is not None
    ]


def _limit(option: str, value: str | datetime, now: datetime) -> datetime:
    if isinstance(value, datetime):
        return _utc(value)
    try:
        return instant(value, now=now)
    except ConfigError as error:
        raise ConfigError(f"{option}: {error}", hint=error.hint) from error


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
