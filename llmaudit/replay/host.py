"""How busy the machine was that measured.

Source: Linux, Documentation/scheduler/sched-stats.rst ("/proc/<pid>/schedstat"), read 2026-11-27: time on a processor,
time ready and waiting for one, both in nanoseconds, and how often it was given one.
"""

from pathlib import Path

from llmaudit.replay.clock import Clock

CPU_WAIT_SHARE = "llmaudit.cpu_wait_share"
"""The share of a run in which the thread that asks stood ready and got no processor; None if the system is silent."""
HOST = "(host)"
"""What is no stage, and has findings."""

_SCHEDSTAT = Path("/proc/thread-self/schedstat")


class Host:
    """The machine from now on, as the thread that asks sees it."""

    def __init__(self, clock: Clock, schedstat: Path = _SCHEDSTAT) -> None:
        self._clock = clock
        self._schedstat = schedstat
        self._start_ns = clock.now_ns()
        self._waited_ns = self._waited()

    def facts(self) -> dict[str, float | None]:
        """What was seen until now."""
        waited_ns, whole_ns = self._waited(), self._clock.now_ns() - self._start_ns
        if waited_ns is None or self._waited_ns is None or whole_ns <= 0:
            return {CPU_WAIT_SHARE: None}
        return {CPU_WAIT_SHARE: min(1.0, (waited_ns - self._waited_ns) / whole_ns)}

    def _waited(self) -> int | None:
        """Nanoseconds since the thread began; None where the system does not say."""
        try:
            return int(self._schedstat.read_text(encoding="ascii").split()[1])
        except (OSError, IndexError, ValueError):
            return None
