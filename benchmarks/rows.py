"""The rows: for each, what runs on either side, the target, and whether both did the same work."""

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from statistics import median

from . import bare, data, ours, peers, totals
from .measure import BenchError, Command, Run, interleaved, run
from .ours import Store

MB = 1_000_000


@dataclass(slots=True)
class Row:
    """One comparison: what is compared, at most which ratio, the runs, and what a reader of the ratio has to know."""

    work: str
    against: str
    target: float
    ours: list[Run] = field(default_factory=list)
    theirs: list[Run] = field(default_factory=list)
    limit_bytes: int | None = None
    limit_seconds: float | None = None
    same_answer: bool = True
    notes: list[str] = field(default_factory=list)

    def ratios(self) -> list[float]:
        """Ours to theirs, pair by pair; for a limit, the peak or the time to the limit. Empty if a side is missing."""
        if self.limit_seconds:
            return [one.seconds / self.limit_seconds for one in self.ours]
        if self.limit_bytes:
            return [one.peak_bytes / self.limit_bytes for one in self.ours]
        return [one.seconds / other.seconds for one, other in zip(self.ours, self.theirs, strict=False)]

    def met(self) -> bool | None:
        """Is the median of the ratios within the target, with the same answer; None if it was not measured."""
        ratios = self.ratios()
        return self.same_answer and median(ratios) <= self.target if ratios else None

    def compare_totals(self, theirs: totals.Totals, peer: str) -> None:
        """Sets our last answer against theirs: a note, and whether they are the same."""
        ours_totals = totals.of_llmaudit(self.ours[-1].output) if self.ours else None
        self.same_answer = ours_totals in (None, theirs)
        self.notes.append(totals.compare(ours_totals, theirs, peer))


@dataclass(frozen=True, slots=True)
class Bench:
    """Where data, peers and stores are kept, and how large the inputs are (1.0: as in the targets)."""

    folder: Path
    size_factor: float

    def size(self, full: int) -> int:
        """`full`, scaled."""
        return max(1, round(full * self.size_factor))

    def store(self, name: str) -> Store:
        """The store of one row."""
        return Store(self.folder / f"{name}.llmaudit.duckdb")


def claude_code(bench: Bench) -> Row:
    """Claude Code logs against ccusage: both read them, price them and answer in one process, without a store."""
    row = _breakdown_over_logs(bench, 300)
    by_node = peers.ccusage_by_node(bench.folder, data.claude_code_logs(bench.folder, bench.size(300 * MB)))
    seconds = median(run(by_node).seconds for _ in range(3))
    row.notes.append(f"for information: ccusage started by node, as `npx` does, takes {seconds:.2f} s")
    return row


def claude_code_large(bench: Bench) -> Row:
    """The same of more logs, where starting weighs less."""
    return _breakdown_over_logs(bench, 1_000)


def _breakdown_over_logs(bench: Bench, megabytes: int) -> Row:
    logs = data.claude_code_logs(bench.folder, bench.size(megabytes * MB))
    work = f"ingest + price + breakdown of {_mb(logs)} of Claude Code logs: `llmaudit breakdown LOGS`"
    return _against_ccusage(bench, logs, work, lambda: ours.breakdown_over(logs))


def claude_code_store(bench: Bench) -> Row:
    """The same, by way of a store on disk: two processes, `ingest` and `breakdown`."""
    logs = data.claude_code_logs(bench.folder, bench.size(300 * MB))
    work = f"the same with a store on disk: `llmaudit ingest` and `llmaudit breakdown` of {_mb(logs)}"
    store = bench.store("claude-code")
    return _against_ccusage(bench, logs, work, lambda: store.fresh_ingest_and_breakdown(logs))


def _against_ccusage(bench: Bench, logs: Path, work: str, our_side: Callable[[], Command]) -> Row:
    row = Row(work, "`ccusage claude daily --offline --json`, native binary", 1.0)
    _measure(row, our_side, peers.ccusage(bench.folder, logs), pairs=7)
    if row.theirs:
        row.compare_totals(totals.of_ccusage(row.theirs[-1].output), "ccusage")
    return row


def tokenjam(bench: Bench) -> Row:
    """Claude Code logs against TokenJam."""
    logs = data.claude_code_logs(bench.folder, bench.size(300 * MB))
    work = f"ingest + price + breakdown of {_mb(logs)} of Claude Code logs: `llmaudit breakdown LOGS`"
    row = Row(work, "`tj backfill claude-code` (TokenJam)", 0.03)
    theirs, report = peers.tokenjam(bench.folder, logs)
    _measure(row, lambda: ours.breakdown_over(logs), theirs)
    if row.theirs:
        row.compare_totals(totals.of_tokenjam(run(report).output), "TokenJam")
    row.notes.append("TokenJam ran once, without a warm-up, for it is slow: each of our runs is set against that one")
    return row


def chat(bench: Bench) -> Row:
    """Bare chat completion bodies against bare read_json."""
    logs = data.chat_bodies(bench.folder, bench.size(500 * MB))
    row = Row(f"ingest {_mb(logs)} of OpenAI chat JSONL, bare bodies", "bare `read_json` of the same columns", 2.0)
    theirs = bare.read_json(logs, bare.BODY, bench.folder / "bare.duckdb")
    return _measure(row, lambda: bench.store("chat").fresh_ingest(logs), theirs)


def chat_pairs(bench: Bench) -> Row:
    """Request+response pairs with text, with segments and hashes on our side, against bare read_json."""
    logs = data.chat_pairs(bench.folder, bench.size(500 * MB))
    work = f"ingest {_mb(logs)} of OpenAI request+response pairs, hashes and segments included"
    row = Row(work, "bare `read_json` of the same columns, messages as JSON", 6.0)
    theirs = bare.read_json(logs, bare.PAIR, bench.folder / "bare.duckdb")
    return _measure(row, lambda: bench.store("chat-pairs").fresh_ingest(logs), theirs)


def again(bench: Bench) -> Row:
    """A second ingest with nothing new."""
    files = bench.size(1_000)
    logs = data.small_files(bench.folder, files)
    row = Row(f"ingest again, nothing changed, {files:,} files ({_mb(logs)})", "`llmaudit --help`", 2.5)
    return _measure(row, lambda: bench.store("again").filled(logs).ingest(logs), ours.help_page)


def help_page(bench: Bench) -> Row:
    """Start-up."""
    row = Row("`llmaudit --help`", '`python -c "import typer"`', 1.5)
    return _measure(row, ours.help_page, Command([sys.executable, "-c", "import typer"]))


def price(bench: Bench) -> Row:
    """Pricing in SQL against genai-prices called for each call."""
    calls, sample = bench.size(5 * MB), min(20_000, bench.size(5 * MB))
    parquet = data.calls_parquet(bench.folder, calls)
    row = Row(f"price {calls:,} calls", f"`genai-prices` per call, {sample:,} calls scaled", 0.005)
    row.notes.append(
        f"genai-prices: only its loop over {sample:,} calls is timed, then scaled in proportion; ours whole"
    )
    theirs = bare.genai_prices(parquet, sample, calls)
    return _measure(row, lambda: bench.store("price").filled(parquet).reprice(), theirs)


def breakdown(bench: Bench) -> Row:
    """A breakdown against hand-written SQL on the same file."""
    calls = bench.size(10 * MB)
    row = Row(f"breakdown of {calls:,} calls", "hand-written SQL (breakdown.sql) on the same file", 1.3)
    parquet = data.calls_parquet(bench.folder, calls)
    return _measure(
        row,
        lambda: bench.store("breakdown").filled(parquet).breakdown(),
        lambda: bare.by_hand(bench.store("breakdown").path),
    )


def report(bench: Bench) -> Row:
    """A report against one of the breakdowns that it is made of, and how large the page is."""
    calls = bench.size(10 * MB)
    row = Row(f"report on {calls:,} calls, as a page", "`llmaudit breakdown --by model` on the same store", 10.0)
    store = bench.store("report")
    parquet = data.calls_parquet(bench.folder, calls)
    _measure(row, lambda: store.filled(parquet).report(), store.breakdown())
    if row.ours:
        size = len(row.ours[-1].output.encode())
        row.same_answer = size < 2 * MB
        row.notes.append(f"the page has {size:,} bytes; at most 2,000,000 are allowed")
    return row


def memory(bench: Bench) -> Row:
    """Peak memory of a large ingest: pairs with text, the hardest of the formats."""
    logs = data.chat_pairs(bench.folder, bench.size(5_000 * MB))
    work = f"peak memory, ingest of {_mb(logs)} of request+response pairs"
    row = Row(work, "2 GB", 1.0, limit_bytes=2_000 * MB)
    return _measure(row, lambda: bench.store("memory").fresh_ingest(logs), None, pairs=1)


def simulate(bench: Bench) -> Row:
    """Five levers on ten times as many calls, in the same memory."""
    few, many = bench.size(160), 10 * bench.size(160)
    plan, limit = Path(__file__).with_name("five_levers.yaml"), 4_000 * MB
    row = Row(
        f"simulate five levers on {many} times the sample month (about {many * 6_247 / MB:,.1f} M calls), in 4 GB",
        f"the same on {few} times the month",
        12.0,
    )
    stores = (Store(data.companies(bench.folder, copies)) for copies in (many, few))
    larger, smaller = (store.simulate(plan, "4GB") for store in stores)
    _measure(row, larger, smaller, pairs=1)
    if row.ours and row.theirs:
        peak = row.ours[-1].peak_bytes
        savings = [Decimal(json.loads(run_.output)["saving"]) for run_ in (row.ours[-1], row.theirs[-1])]
        row.same_answer = peak <= limit and savings[0] == savings[1] * 10
        row.notes.append(f"peak memory {peak / MB:,.0f} MB of {limit / MB:,.0f}; ten times the saving: ${savings[0]}")
    return row


def stage(bench: Bench) -> Row:
    """What a stage costs whoever is being measured."""
    row = Row("one `stage()` around nothing, while it is being measured", "5 µs", 1.0, limit_seconds=5e-6)
    return _measure(row, ours.stages(bench.size(20_000)), None)


ROWS: dict[str, Callable[[Bench], Row]] = {
    "claude-code": claude_code,
    "claude-code-large": claude_code_large,
    "claude-code-store": claude_code_store,
    "tokenjam": tokenjam,
    "chat": chat,
    "chat-pairs": chat_pairs,
    "again": again,
    "help": help_page,
    "price": price,
    "breakdown": breakdown,
    "report": report,
    "simulate": simulate,
    "stage": stage,
    "memory": memory,
}
ONLY_WHEN_NAMED = {"memory", "simulate"}

_Side = Command | Callable[[], Command] | None


def _measure(row: Row, our_side: _Side, their_side: _Side, pairs: int = 3) -> Row:
    """Fills in the runs. A side that cannot run leaves a note, and the other side is measured alone."""
    mine, peer = _ready(row, our_side), _ready(row, their_side)
    try:
        row.ours, row.theirs = interleaved(mine, peer, pairs)
    except BenchError as exc:
        row.notes.append(f"not measured: {exc}")
        with suppress(BenchError):  # the side that fails is noted already; the other one's time is worth knowing
            row.ours, _ = interleaved(mine, None, pairs)
        with suppress(BenchError):
            _, row.theirs = interleaved(None, peer, pairs)
    return row


def _ready(row: Row, side: _Side) -> Command | None:
    try:
        return side() if callable(side) else side
    except BenchError as exc:
        if (note := f"not measured: {exc}") not in row.notes:
            row.notes.append(note)
        return None


def _mb(folder: Path) -> str:
    return f"{data.size_of(folder) / MB:,.0f} MB"
