"""The clock that durations are taken from: monotonic, in nanoseconds, and handed in so that tests have their own."""

import time
from typing import Protocol


class Clock(Protocol):
    """A clock that never goes back. Its zero means nothing; only differences do."""

    def now_ns(self) -> int:
        """Nanoseconds since some moment."""
        ...


class MonotonicClock:
    """The machine's own clock, of the highest resolution it has."""

    now_ns = staticmethod(time.perf_counter_ns)
