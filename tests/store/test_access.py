"""A store that may not be read or written says so itself, with what to do, before any work."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.transcripts import run

Close = Callable[[str, int], None]


@pytest.fixture
def close(month: Path, monkeypatch: pytest.MonkeyPatch) -> Close:
    """Take the right to read or write a file or folder of the month away, as from whoever is not root."""
    allowed = os.access

    def closed(name: str, right: int) -> None:
        where = (month / name).resolve()
        monkeypatch.setattr(
            "os.access",
            lambda path, mode: allowed(path, mode) and not (Path(path).resolve() == where and mode & right),
        )

    return closed


@pytest.mark.parametrize(
    ("closed", "right", "command", "said"),
    [
        ("llmaudit.duckdb", os.W_OK, "ingest openai_chat", "llmaudit.duckdb: may not be written"),
        ("llmaudit.duckdb", os.W_OK, "prices reprice", "llmaudit.duckdb: may not be written"),
        ("llmaudit.duckdb", os.R_OK, "breakdown", "llmaudit.duckdb: may not be read"),
        (".", os.W_OK, "ingest openai_chat", "llmaudit.duckdb: the folder . may not be written"),
        (".", os.W_OK, "ingest openai_chat --db new.duckdb", "new.duckdb: the folder . may not be written"),
    ],
)
def test_what_may_not_be_used_is_named(
    closed: str, right: int, command: str, said: str, month: Path, close: Close
) -> None:
    close(closed, right)
    done = run(f"llmaudit {command}", month)
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {said}\nhint: ")
    assert not (month / "new.duckdb").exists()


@pytest.mark.parametrize("closed", ["llmaudit.duckdb", "."])
def test_a_store_that_may_not_be_written_answers_as_long_as_it_need_not_be(
    closed: str, month: Path, close: Close
) -> None:
    close(closed, os.W_OK)
    assert run("llmaudit breakdown", month).code == 0
    (month / "llmaudit.yaml").unlink()
    done = run("llmaudit breakdown", month)
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr == (
        "error: llmaudit.duckdb: has to be renewed for the rules and prices of today, "
        f"and {closed} may not be written\n"
        "hint: run the command beside the llmaudit.yaml that it was read with, or on a copy that may be written\n"
    )
