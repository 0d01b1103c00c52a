"""How far a long replay has come, in words."""

import time
from collections.abc import Callable

from llmaudit.words import count


class Pace:
    """Counts the replays of `steps` steps over so many calls, and from the time they took says how long the rest may.

    Steps differ: what is left is as long as the mean of those before, which is all that can be known of it.
    """

    def __init__(self, steps: int, calls: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._steps, self._calls, self._clock = steps, calls, clock
        self._began = clock()
        self._done = 0

    def next(self, name: str) -> str:
        """What is being done now: `prompt_cache: 2 of 5, 1,000,000 calls, 350,000 calls/s, about 12 s left`."""
        parts = [f"{name}: {self._done + 1:,} of {self._steps:,}", count(self._calls, "call")]
        seconds = self._clock() - self._began
        if self._done and seconds > 0:
            parts.append(f"{self._calls * self._done / seconds:,.0f} calls/s")
            parts.append(f"about {seconds / self._done * (self._steps - self._done):,.0f} s left")
        self._done += 1
        return ", ".join(parts)
