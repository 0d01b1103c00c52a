"""llmaudit's side of each comparison. How a command is spelt stands here once, so that a change of it is one line."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .measure import BenchError, Command, run

_STAGES = """
import sys, time
from llmaudit.replay.clock import MonotonicClock
from llmaudit.replay.stage import recording, stage
queries, clock = int(sys.argv[1]), MonotonicClock()
def query():
    with recording(clock):
        for _ in range(8):
            with stage("retrieval", documents=10):
                pass
for _ in range(1_000):
    query()
started, busy = time.perf_counter(), time.process_time()
for _ in range(queries):
    query()
print(time.perf_counter() - started, time.process_time() - busy)
"""
_INGEST_AND_BREAKDOWN = '"$0" ingest "$1" >&2 && "$0" breakdown --by day --format json'


def program() -> Path:
    """The `llmaudit` beside this interpreter, or on the path. Raises BenchError when there is none."""
    beside = Path(sys.executable).with_name("llmaudit")
    found = beside if beside.exists() else shutil.which("llmaudit")
    if not found:
        raise BenchError("llmaudit is not installed beside this interpreter")
    return Path(found)


@dataclass(frozen=True, slots=True)
class Store:
    """One database file that benchmarks write; given to llmaudit by LLMAUDIT_DB."""

    path: Path

    def forget(self) -> None:
        """No file, and none beside it."""
        for path in self.path.parent.glob(self.path.name + "*"):
            path.unlink()

    def fresh_ingest(self, logs: Path) -> Command:
        """`llmaudit ingest` into a new file."""
        return self._command("ingest", logs, prepare=self.forget)

    def fresh_ingest_and_breakdown(self, logs: Path) -> Command:
        """`llmaudit ingest && llmaudit breakdown --by day --format json` from a new file."""
        argv: list[str | Path] = ["sh", "-c", _INGEST_AND_BREAKDOWN, program(), logs]
        return Command(argv, {"LLMAUDIT_DB": str(self.path)}, prepare=self.forget)

    def ingest(self, logs: Path) -> Command:
        """`llmaudit ingest` into the file as it is."""
        return self._command("ingest", logs)

    def filled(self, logs: Path) -> "Store":
        """This store after one fresh ingest, not measured."""
        run(self.fresh_ingest(logs))
        return self

    def reprice(self) -> Command:
        """Pricing every call of the store again."""
        return self._command("prices", "reprice")

    def breakdown(self) -> Command:
        """`llmaudit breakdown --by model --format json`."""
        return self._command("breakdown", "--by", "model", "--format", "json")

    def report(self) -> Command:
        """`llmaudit report`, the page."""
        return self._command("report", "--output", "-")

    def simulate(self, plan: Path, memory_limit: str) -> Command:
        """`llmaudit simulate` within that much memory."""
        return self._command("simulate", "--plan", plan, "--memory-limit", memory_limit, "--format", "json")

    def _command(self, *words: str | Path, prepare: Callable[[], object] | None = None) -> Command:
        return Command([program(), *words], {"LLMAUDIT_DB": str(self.path)}, prepare=prepare)


def breakdown_over(logs: Path) -> Command:
    """`llmaudit breakdown LOGS --by day --format json`: one process, no store."""
    return Command([program(), "breakdown", logs, "--by", "day", "--format", "json"])


def help_page() -> Command:
    """`llmaudit --help`."""
    return Command([program(), "--help"])


def stages(queries: int) -> Command:
    """Eight stages in each of so many queries; its time is that of one stage."""
    return Command([sys.executable, "-c", _STAGES, str(queries)], scale=1 / (8 * queries), times_itself=True)
