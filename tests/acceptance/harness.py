"""What the acceptance tests share: the tool as a subprocess, the store as a DuckDB file, and log lines to feed it.

Nothing here imports llmaudit: the tests know the command line, the JSON contract and the columns of `calls`, no more.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

CHECKOUT = Path(__file__).resolve().parents[2]
SAMPLES = CHECKOUT / ".." / "shared" / "formats" / "samples"
TIMEOUT_SECONDS = 120
"""Only so that a hang fails instead of blocking the run; no test depends on its size."""

ANSWER_KEYS = {
    *("schema", "files", "records", "calls_added", "calls_updated", "duplicates", "skipped", "unreadable"),
    *("unpriced_calls", "formats", "problems"),
}
TOKEN_COLUMNS = (
    "input_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation_1h_input_tokens",
    "output_tokens",
    "reasoning_output_tokens",
)


@dataclass(frozen=True, slots=True)
class Run:
    """One finished `llmaudit ingest`. `answer` is stdout as JSON, None where stdout is empty or another format."""

    code: int
    answer: dict[str, Any] | None
    stdout: str
    stderr: str

    def __getitem__(self, key: str) -> Any:
        assert self.answer is not None, f"no answer on stdout (exit {self.code}); stderr: {self.stderr[-2000:]}"
        return self.answer[key]

    def lines_named(self, name: str) -> set[int | None]:
        """Line numbers of the problems of the file called `name`; an entry None is a problem of the whole file."""
        return {problem["line"] for problem in self["problems"] if Path(problem["file"]).name == name}


def command(paths: Iterable[Path], db: Path, options: Sequence[str] = (), output: str = "json") -> list[str]:
    """The argument list of one ingest."""
    head = [sys.executable, "-m", "llmaudit", "ingest", *map(str, paths)]
    return [*head, "--db", str(db), "--format", output, *options]


def environment() -> dict[str, str]:
    """The parent's environment without its llmaudit settings, far from UTC, so that local time never leaks in."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LLMAUDIT_")}
    path = os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH", "")]))
    return {**kept, "PYTHONPATH": path, "NO_COLOR": "1", "TZ": "Asia/Kolkata", "COLUMNS": "200"}


def ingest(*paths: Path, db: Path, options: Sequence[str] = (), output: str = "json", stdin: bytes = b"") -> Run:
    """Run `llmaudit ingest` beside its store, and hold it to what is promised of every run."""
    done = subprocess.run(
        command(paths, db, options, output),
        cwd=db.parent,
        env=environment(),
        input=stdin,
        capture_output=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    stdout, stderr = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    answer = json.loads(stdout) if output == "json" and stdout.strip() else None
    run = Run(done.returncode, answer, stdout, stderr)
    check_promises(run)
    return run


def check_promises(run: Run) -> None:
    """No traceback, no undocumented exit code, and every record accounted for.

    A record that only improved a call already in the store is a duplicate; `calls_updated` counts such calls beside it.
    """
    assert "Traceback" not in run.stderr + run.stdout, run.stderr
    assert run.code in (0, 1, 2), f"exit {run.code}: {run.stderr}"
    if run.answer is None or run.code == 2:
        return
    assert set(run.answer) >= ANSWER_KEYS
    assert run["schema"] == "llmaudit/ingest/1"
    ends = ("calls_added", "duplicates", "skipped", "unreadable")
    assert run["records"] == sum(run[end] for end in ends), run.answer
    assert all(run[end] >= 0 for end in (*ends, "calls_updated", "unpriced_calls"))
    for problem in run["problems"]:
        assert set(problem) >= {"file", "line", "reason"}
        assert problem["file"]
        assert problem["reason"]
        assert problem["line"] is None or problem["line"] >= 1


@dataclass(frozen=True, slots=True)
class Totals:
    """What the `calls` of one store add up to. `tokens` follows TOKEN_COLUMNS; nulls add nothing."""

    calls: int
    tokens: tuple[int, ...]
    statuses: dict[str, int]
    first: str | None
    last: str | None


def query(db: Path, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Rows of `sql` over the store, opened read-only."""
    with duckdb.connect(str(db), read_only=True) as connection:
        return connection.execute(sql, list(parameters)).fetchall()


def totals(db: Path, where: str = "true") -> Totals:
    """The totals of the calls that meet `where`; times in ISO 8601 to the millisecond, UTC."""
    sums = ", ".join(f"cast(coalesce(sum({column}), 0) as bigint)" for column in TOKEN_COLUMNS)
    times = "epoch_us(min(started_at)) // 1000, epoch_us(max(started_at)) // 1000"
    ((count, first, last, *tokens),) = query(db, f"select count(*), {times}, {sums} from calls where {where}")
    statuses = dict(query(db, f"select status, count(*) from calls where {where} group by status"))
    return Totals(count, tuple(tokens), statuses, iso(first), iso(last))


def iso(milliseconds: int | None) -> str | None:
    """An instant as `2026-11-23T10:01:56.777Z`."""
    if milliseconds is None:
        return None
    whole = datetime.fromtimestamp(milliseconds // 1000, UTC).replace(tzinfo=None)
    return f"{whole.isoformat()}.{milliseconds % 1000:03d}Z"


def counts(db: Path, column: str, where: str = "true") -> dict[Any, int]:
    """How many calls have each value of `column`."""
    return dict(query(db, f"select {column}, count(*) from calls where {where} group by {column}"))


def names(text: str, file: str, line: int) -> bool:
    """Whether `text` says `file:line`."""
    return re.search(rf"{re.escape(file)}:{line}\b", text) is not None


def chat(response_id: str, model: str, prompt_tokens: object = 100, **changes: object) -> dict[str, Any]:
    """An OpenAI chat completion body of 100 input (40 of them from the cache) and 10 output tokens."""
    return {
        "id": f"chatcmpl-{response_id}",
        "object": "chat.completion",
        "created": 1767225600,
        "model": model,
        "service_tier": "default",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": 10,
            "total_tokens": 110,
            "prompt_tokens_details": {"cached_tokens": 40},
            "completion_tokens_details": {"reasoning_tokens": 4},
        },
        **changes,
    }


def claude(message_id: str, output_tokens: int, timestamp: str, **changes: object) -> dict[str, Any]:
    """One line of a Claude Code session: 5 uncached, 1,000 read and 200 written tokens, and `output_tokens`."""
    usage = {
        "input_tokens": 5,
        "cache_read_input_tokens": 1000,
        "cache_creation_input_tokens": 200,
        "cache_creation": {"ephemeral_5m_input_tokens": 150, "ephemeral_1h_input_tokens": 50},
        "output_tokens": output_tokens,
        "service_tier": "standard",
    }
    message = {"id": message_id, "type": "message", "role": "assistant", "model": "claude-sonnet-4-20250514"}
    return {
        "type": "assistant",
        "timestamp": timestamp,
        "sessionId": "11111111-1111-4111-8111-111111111111",
        "requestId": f"req_{message_id}",
        "uuid": f"{message_id}-{output_tokens}-{timestamp}",
        "message": {**message, "content": [{"type": "text", "text": "ok"}], "usage": usage},
        **changes,
    }


def jsonl(path: Path, records: Iterable[object]) -> Path:
    """Write `records` to `path`, one JSON value a line."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path
