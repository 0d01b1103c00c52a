"""Whole processes, measured: wall and processor time, and peak memory, of a command and all it waits for."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PAIRS = 3


class BenchError(Exception):
    """A row could not be measured; the message says why."""


@dataclass(frozen=True, slots=True)
class Command:
    """One side of a comparison.

    `prepare` runs before each run, outside the measurement. `scale` is set where a side runs on a part of the work:
    its time is multiplied by it. `times_itself`: the last words of its output are the seconds
    and processor seconds that count. `slow`: it
    runs once, without a warm-up, and every run of the other side is set against that one.
    """

    argv: Sequence[str | Path]
    env: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], object] | None = None
    scale: float = 1.0
    times_itself: bool = False
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """`peak_bytes` is that of the largest process of the command, not a sum over its processes."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: str


def run(command: Command) -> Run:
    """One run of the command. Raises BenchError when it cannot start or exits with anything but 0."""
    if command.prepare:
        command.prepare()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        try:
            process = subprocess.Popen(
                list(map(str, command.argv)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                env={**_installed(os.environ), **command.env},
            )
        except OSError as exc:
            raise BenchError(f"{command.argv[0]}: {exc.strerror}") from exc
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        text = output.read().decode(errors="replace")
        if process.returncode:
            last = (errors.read().decode(errors="replace") or text).strip().splitlines()[-1:]
            raise BenchError(f"`{Path(command.argv[0]).name}` exit code {process.returncode}: {' '.join(last)}")
    cpu_seconds = usage.ru_utime + usage.ru_stime
    if command.times_itself:
        seconds, cpu_seconds = map(float, text.split()[-2:])
    kilobyte = 1 if sys.platform == "darwin" else 1024  # getrusage(2): ru_maxrss is in bytes on macOS, else in KiB
    peak_bytes = usage.ru_maxrss * kilobyte
    return Run(seconds * command.scale, cpu_seconds * command.scale, peak_bytes, text)


def _installed(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment in which Python keeps its byte code (the warm-up writes it), as pip does when it installs."""
    return {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}


def interleaved(ours: Command | None, theirs: Command | None, pairs: int = PAIRS) -> tuple[list[Run], list[Run]]:
    """Runs of both sides in turn, A B A B, after one warm-up each (none where only one pair is asked for).

    A side that is None has no runs.
    """
    for side in (ours, theirs):
        if side and not side.slow and pairs > 1:
            run(side)
    ours_runs: list[Run] = []
    theirs_runs: list[Run] = []
    for _ in range(pairs):
        for side, runs in ((ours, ours_runs), (theirs, theirs_runs)):
            if side:
                runs.append(runs[0] if side.slow and runs else run(side))
    return ours_runs, theirs_runs
