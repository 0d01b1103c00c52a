"""A store that was made for nothing goes again, and nothing that another process wrote goes with it."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import _duckdb as duckdb
import pytest

from llmaudit.store import Store, open_store
from tests.cli.transcripts import CHECKOUT

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
ANOTHER = """
import sys
from llmaudit.store import open_store
with open_store(sys.argv[1]) as store:
    store.set_meta({"made_by": "another"})
    print("written", flush=True)
    sys.stdin.read()
"""


def interrupted(path: Path, statement: str) -> None:
    with open_store(path) as store:
        store.run(statement)
        raise KeyboardInterrupt


def test_ctrl_c_in_a_first_ingest_leaves_no_store(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    os.mkfifo(log)
    command = [sys.executable, "-m", "llmaudit", "ingest", str(log)]
    process = subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
    with log.open("w"):  # open as soon as the other end is: the store is there by then, and the read waits for us
        assert (tmp_path / "llmaudit.duckdb").exists()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode not in {0, 1}
    assert "Traceback" not in said
    assert [each.name for each in tmp_path.iterdir()] == ["log.jsonl"]


class Interrupted:
    """A connection as DuckDB 2.0 has it when Ctrl-C meets it in a query, which it is not always in time to notice."""

    def execute(self, sql: str, parameters: object) -> None:
        raise RuntimeError("Query interrupted")


def test_ctrl_c_in_a_query_is_ctrl_c_and_no_bug() -> None:
    with pytest.raises(KeyboardInterrupt):
        Store(Interrupted(), ":memory:", read_only=False).run("select 1")  # type: ignore[arg-type]


def test_a_store_with_a_source_in_it_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    with pytest.raises(KeyboardInterrupt):
        interrupted(
            path, "insert into sources values (1, 'a', '', '', '', 0, 0, 0, 0, 0, 0, 0, timestamp '2026-10-01')"
        )
    with open_store(path) as store:
        assert store.value("select count(*) from sources") == 1
        key = store.meta("key")
    with pytest.raises(KeyboardInterrupt):
        interrupted(path, "delete from sources")
    with open_store(path) as store:  # it was there before
        assert store.meta("key") == key


def test_what_another_process_makes_of_the_free_name_stays_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, close = tmp_path / "a.duckdb", Store.close
    others: list[subprocess.Popen[str]] = []

    def close_late(store: Store) -> None:
        if store.path == str(path):
            assert not path.exists()
            command = [sys.executable, "-c", ANOTHER, str(path)]
            pipe = subprocess.PIPE
            other = subprocess.Popen(command, env=ENVIRONMENT, stdin=pipe, stdout=pipe, text=True)
            others.append(other)
            assert other.stdout is not None
            assert other.stdout.readline() == "written\n"
        close(store)

    monkeypatch.setattr(Store, "close", close_late)
    with pytest.raises(KeyboardInterrupt):
        interrupted(path, "insert into meta values ('made_by', 'us')")  # something to bring into the file on closing
    monkeypatch.undo()
    # Killed, the other leaves what it wrote in its `.wal`.
    for other in others:
        with other:
            other.kill()
    with open_store(path, must_exist=True) as store:
        assert store.meta("made_by") == "another"


def test_a_store_that_goes_while_it_is_opened_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.duckdb"
    with open_store(path):
        pass
    connect = duckdb.connect

    def connect_late(name: str, **options: Any) -> Any:
        connection = connect(name, **options)
        monkeypatch.undo()
        path.unlink()  # by its maker, to whom it was of no use
        return connection

    monkeypatch.setattr(duckdb, "connect", connect_late)
    with open_store(path) as store:
        store.set_meta({"made_by": "us"})
    with open_store(path, must_exist=True) as store:
        assert store.meta("made_by") == "us"
