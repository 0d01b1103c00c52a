"""The month and its rhythm: October 2026, working days and office hours, and the two things that went wrong."""

from __future__ import annotations

from bisect import bisect
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random

FIRST = datetime(2026, 10, 1, tzinfo=UTC)
DAYS = 31
PROMPT_CHANGE = datetime(2026, 10, 20, tzinfo=UTC)  # the assistant's system prompt grows
OUTAGE = (datetime(2026, 10, 14, 13, 30, tzinfo=UTC), datetime(2026, 10, 14, 14, 15, tzinfo=UTC))  # OpenAI answers 503
FILE_STARTS = (1, 8, 15, 22, 29)  # a log file is rotated on these days of the month

_DAY_WEIGHT = (1.0, 1.08, 1.05, 1.0, 0.9, 0.3, 0.22)  # Monday to Sunday
_HOUR_WEIGHT = (1, 1, 1, 1, 1, 2, 6, 14, 24, 30, 30, 26, 20, 24, 28, 27, 22, 15, 9, 6, 5, 4, 3, 2)  # 0 to 23 UTC


def arrivals(number: int, draw: Random) -> list[datetime]:
    """So many instants of the month, in order, following the weekday and the hour of the day; to the millisecond."""
    weights = [
        _DAY_WEIGHT[(FIRST + timedelta(hours=hour)).weekday()] * _HOUR_WEIGHT[hour % 24] for hour in range(DAYS * 24)
    ]
    bounds = list(accumulate(weights))
    hours = [bisect(bounds, draw.random() * bounds[-1]) for _ in range(number)]
    return sorted(FIRST + timedelta(hours=hour, milliseconds=draw.randrange(3_600_000)) for hour in hours)


def nights() -> list[datetime]:
    """01:00 UTC of every day."""
    return [FIRST + timedelta(days=day, hours=1) for day in range(DAYS)]


def file_start(at: datetime) -> int:
    """The day of the month on which the log file that holds `at` was begun; November stays in the last one."""
    return max(start for start in FILE_STARTS if at.day >= start) if at.month == FIRST.month else FILE_STARTS[-1]
