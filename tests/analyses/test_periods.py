"""What people write for a time, and what it means."""

from datetime import UTC, datetime

import pytest

from llmaudit.analyses.periods import Period, instant, period, written
from llmaudit.errors import ConfigError

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-10-01", "2026-10-01T00:00:00Z"),
        ("2026-10-01T13:30", "2026-10-01T13:30:00Z"),
        ("2026-10-01 13:30:05.25", "2026-10-01T13:30:05.250000Z"),
        ("2026-10-01T13:30:00Z", "2026-10-01T13:30:00Z"),
        ("2026-10-01T13:30:00+02:00", "2026-10-01T11:30:00Z"),
        ("30d", "2026-10-24T12:30:00Z"),
        ("12h", "2026-11-23T00:30:00Z"),
        ("45m", "2026-11-23T11:45:00Z"),
        ("2w", "2026-11-09T12:30:00Z"),
        (" 1d ", "2026-11-22T12:30:00Z"),
    ],
)
def test_times(text: str, meant: str) -> None:
    assert written(instant(text, now=NOW)) == meant


@pytest.mark.parametrize(
    "text", ["", "yesterday", "30", "d", "-3d", "2026-13-01", "2026-02-30", "20261001", "999999w", "1y"]
)
def test_what_is_not_a_time(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a time") as caught:
        instant(text, now=NOW)
    assert caught.value.hint == "such as 2026-10-01, 2026-10-01T13:30, 30d or 12h"


def test_either_end_may_be_open() -> None:
    assert not period(None, None, now=NOW).limited
    assert period("2026-10-01", None, now=NOW).limited
    assert period(None, "1d", now=NOW).until == datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(("since", "until"), [("2026-10-02", "2026-10-01"), ("2026-10-01", "2026-10-01"), ("1d", "2d")])
def test_an_inverted_period_is_an_error(since: str, until: str) -> None:
    with pytest.raises(ConfigError, match="is not before --until"):
        period(since, until, now=NOW)


def test_the_option_is_named() -> None:
    with pytest.raises(ConfigError, match="--until: 'soon' is not a time"):
        period(None, "soon", now=NOW)


def test_a_time_without_a_zone_is_utc() -> None:
    assert period(datetime(2026, 10, 1), None, now=NOW) == Period(datetime(2026, 10, 1, tzinfo=UTC), None)
