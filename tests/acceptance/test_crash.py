"""A killed ingest leaves the store as before or after, never between; two writers take turns."""

from __future__ import annotations

import contextlib
import queue
import random
import subprocess
import threading
import time
from pathlib import Path
from typing import IO

import duckdb
import pytest

from .harness import TIMEOUT_SECONDS, chat, command, counts, environment, ingest, jsonl, totals

FILES, CALLS = 4, 2_000
TEXT = "The quick brown fox jumps over the lazy dog. " * 25


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four files of 2,000 calls, 2.9 MB each; the calls of file N are of model `file-N`."""
    logs = tmp_path_factory.mktemp("big")
    for file in range(FILES):
        choices = [{"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}]
        records = [chat(f"{file}-{number}", f"file-{file}", choices=choices) for number in range(CALLS)]
        jsonl(logs / f"{file}.jsonl", records)
    return logs


@pytest.fixture(scope="module")
def usual_seconds(big: Path, tmp_path_factory: pytest.TempPathFactory) -> float:
    """How long an undisturbed ingest of `big` takes here, so that kills fall into it and not after it."""
    began = time.monotonic()
    ingest(big, db=tmp_path_factory.mktemp("undisturbed") / "audit.duckdb")
    return time.monotonic() - began


def start(paths: list[Path], db: Path, *options: str) -> subprocess.Popen[str]:
    """A running ingest."""
    return subprocess.Popen(
        command(paths, db, options),
        cwd=db.parent,
        env=environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def calls_per_file(db: Path) -> dict[str, int]:
    """What a store holds after a kill; nothing when it has not come to be a store yet."""
    try:
        return counts(db, "response_model")
    except duckdb.Error:
        return {}


def snapshot(folder: Path) -> list[tuple[str, int, int]]:
    """Name, size and time of every file in `folder`; a file that goes meanwhile is left out."""
    found = []
    for path in sorted(folder.iterdir()):
        with contextlib.suppress(FileNotFoundError):
            state = path.stat()
            found.append((path.name, state.st_size, state.st_mtime_ns))
    return found


def kill_at_write(child: subprocess.Popen[str], folder: Path, writes: int) -> None:
    """Kill `child` at the moment the files of the store are seen to change for the `writes`th time."""
    before = snapshot(folder)
    while writes and child.poll() is None:
        now = snapshot(folder)
        if now != before:
            before, writes = now, writes - 1
    child.kill()
    child.communicate()


def kill_after(child: subprocess.Popen[str], seconds: float) -> None:
    """Kill `child` when it has run for that long."""
    try:
        child.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()


@pytest.mark.parametrize("seed", range(6))
def test_killed_at_any_moment(big: Path, usual_seconds: float, db: Path, seed: int) -> None:
    """Twelve kills, half of them while the store is being written: then the totals of an undisturbed run, by hand."""
    chance = random.Random(seed)
    kill_at_write(start([big], db), db.parent, writes=1 + 2 * seed)
    assert set(calls_per_file(db).values()) <= {CALLS}, "a file is in the store as a whole or not at all"
    kill_after(start([big], db), usual_seconds * chance.uniform(0.2, 1.0))
    assert set(calls_per_file(db).values()) <= {CALLS}
    run = ingest(big, db=db)
    assert (run.code, run["unreadable"]) == (0, 0)
    assert counts(db, "response_model") == {f"file-{file}": CALLS for file in range(FILES)}
    assert totals(db).tokens == (800_000, 320_000, 0, 0, 80_000, 32_000)
    assert ingest(big, db=db)["calls_added"] == 0


def forward(stream: IO[str], lines: queue.Queue[str | None]) -> None:
    """Hand over every line of `stream` as it comes, then None."""
    for line in stream:
        lines.put(line)
    lines.put(None)


@pytest.fixture
def kept(db: Path, logs: Path) -> Path:
    """A store with one call in it."""
    ingest(jsonl(logs / "first.jsonl", [chat("1", "gpt-4o")]), db=db)
    return db


def test_second_writer_is_told(kept: Path, logs: Path) -> None:
    log = jsonl(logs / "second.jsonl", [chat("2", "gpt-4o")])
    with duckdb.connect(str(kept)):
        run = ingest(log, db=kept)
    assert run.code == 2
    assert kept.name in run.stderr
    assert "--wait" in run.stderr, "the message says what next"
    assert totals(kept).calls == 1


def test_waiting_has_an_end(kept: Path, logs: Path) -> None:
    log = jsonl(logs / "second.jsonl", [chat("2", "gpt-4o")])
    with duckdb.connect(str(kept)):
        run = ingest(log, db=kept, options=("--wait", "1"))
    assert run.code == 2
    assert totals(kept).calls == 1


def test_waiting_writer_gets_its_turn(kept: Path, logs: Path) -> None:
    log = jsonl(logs / "second.jsonl", [chat("2", "gpt-4o")])
    holder = duckdb.connect(str(kept))
    child = start([log], kept, "--wait", "20")
    assert child.stderr is not None
    lines: queue.Queue[str | None] = queue.Queue()
    listener = threading.Thread(target=forward, args=(child.stderr, lines), daemon=True)
    listener.start()
    said = []
    while (line := lines.get(timeout=TIMEOUT_SECONDS)) is not None:
        said.append(line)
        if "wait" in line.lower():
            break
    holder.close()
    code = child.wait(timeout=TIMEOUT_SECONDS)
    listener.join(timeout=TIMEOUT_SECONDS)
    if child.stdout is not None:
        child.stdout.close()
    child.stderr.close()
    assert any("wait" in line.lower() for line in said), "it says that it waits, before it is let in"
    assert code == 0
    assert totals(kept).calls == 2
