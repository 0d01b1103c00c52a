"""Bad input costs itself and nothing else: the rest is read, and what was not is named with file and line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from .harness import Run, chat, counts, ingest, jsonl, names, query, totals
from .hostile import Fate, bad_lines, good_files, numbered_files, write_folder

FATES = {stem: fate for stem, (_, fate) in bad_lines().items()}
SOUND = {name: calls for name, (_, calls) in good_files().items()}
NUMBERED = {name: (lines, calls) for name, (_, lines, calls) in numbered_files().items()}


@dataclass(frozen=True, slots=True)
class Aftermath:
    """One ingest of the hostile folder: the run, and the calls per model, which is per file."""

    run: Run
    db: Path
    calls: dict[str, int]


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Aftermath:
    root = tmp_path_factory.mktemp("hostile")
    logs = root / "logs"
    logs.mkdir()
    write_folder(logs)
    db = root / "audit.duckdb"
    run = ingest(logs, db=db)
    assert run.code == 0, run.stderr
    return Aftermath(run, db, counts(db, "response_model"))


@pytest.mark.parametrize("stem", FATES)
def test_bad_line_between_good_ones(aftermath: Aftermath, stem: str) -> None:
    lines, calls = aftermath.run.lines_named(f"{stem}.jsonl"), aftermath.calls.get(stem, 0)
    match FATES[stem]:
        case Fate.UNREADABLE:
            assert (calls, lines) == (2, {2})
        case Fate.CALL:
            assert (calls, lines) == (3, set())
        case Fate.EITHER:
            assert (calls, lines) in [(2, {2}), (3, set()), (3, {2})]


@pytest.mark.parametrize("name", SOUND)
def test_odd_but_sound_file(aftermath: Aftermath, name: str) -> None:
    stem = name.split(".")[0]
    assert (aftermath.calls.get(stem, 0), aftermath.run.lines_named(name)) == (SOUND[name], set())


@pytest.mark.parametrize("name", NUMBERED)
def test_line_numbers_are_those_of_an_editor(aftermath: Aftermath, name: str) -> None:
    allowed, calls = NUMBERED[name]
    (found,) = aftermath.run.lines_named(name)
    assert found in allowed
    assert aftermath.calls.get(name.split(".")[0], 0) == calls


@pytest.mark.parametrize("name", ["cut-gzip.jsonl.gz", "noise.bin"])
def test_broken_file_is_named(aftermath: Aftermath, name: str) -> None:
    assert aftermath.run.lines_named(name)


def test_counts_in_the_store_are_sane(aftermath: Aftermath) -> None:
    odd = "input_tokens < 0 or input_tokens > 200 or output_tokens < 0 or input_tokens < cache_read_input_tokens"
    assert query(aftermath.db, f"select response_model, input_tokens from calls where {odd}") in (
        [],
        [("duplicate-keys", 7)],
    )
    assert aftermath.run["unreadable"] >= sum(fate is Fate.UNREADABLE for fate in FATES.values()) + len(NUMBERED)
    assert aftermath.run["calls_added"] == totals(aftermath.db).calls


def test_hostile_folder_again_adds_nothing(aftermath: Aftermath) -> None:
    again = ingest(aftermath.db.parent / "logs", db=aftermath.db)
    assert (again.code, again["calls_added"]) == (0, 0)
    assert counts(aftermath.db, "response_model") == aftermath.calls


def small_folder(logs: Path) -> Path:
    """Three good calls, and three bad lines in two files."""
    log = jsonl(logs / "calls.jsonl", [chat("1", "gpt-4o"), chat("2", "gpt-4o", "many"), chat("3", "gpt-4o")])
    with log.open("a", encoding="utf-8") as stream:
        stream.write("{oops\n")
    jsonl(logs / "more.jsonl", [chat("4", "gpt-4o"), chat("5", "gpt-4o", -1)])
    return logs


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--strict",), 1)])
@pytest.mark.parametrize("output", ["json", "table"])
def test_problems_go_to_stderr_and_strict_says_no(
    db: Path, logs: Path, options: tuple[str, ...], code: int, output: str
) -> None:
    run = ingest(small_folder(logs), db=db, options=options, output=output)
    assert run.code == code
    for file, line in [("calls.jsonl", 2), ("calls.jsonl", 4), ("more.jsonl", 2)]:
        assert names(run.stderr, file, line), f"{file}:{line} is not in: {run.stderr}"
    assert totals(db).tokens == (300, 120, 0, 0, 30, 12), "the good part is in the store, strict or not"


def test_strict_without_problems_is_content(db: Path, logs: Path) -> None:
    assert ingest(jsonl(logs / "calls.jsonl", [chat("1", "gpt-4o")]), db=db, options=("--strict",)).code == 0


def test_more_cached_than_read_is_reported(db: Path, logs: Path) -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 50}}
    log = jsonl(logs / "calls.jsonl", [chat("1", "gpt-4o"), chat("2", "gpt-4o", usage=usage)])
    run = ingest(log, db=db)
    assert run.lines_named("calls.jsonl") == {2}
    assert query(db, "select count(*) from calls where cache_read_input_tokens > input_tokens") == [(0,)]


def test_empty_file_is_nothing(db: Path, logs: Path) -> None:
    (logs / "empty.jsonl").touch()
    jsonl(logs / "calls.jsonl", [chat("1", "gpt-4o")])
    run = ingest(logs, db=db)
    assert (run.code, run["records"], run["calls_added"], run["unreadable"]) == (0, 1, 1, 0)


@pytest.mark.parametrize("content", [None, b"", b"Dear diary,\nnothing happened.\n", b"\x89PNG\r\n\x1a\n\x00\x00"])
def test_nothing_recognisable_is_no_answer(db: Path, logs: Path, content: bytes | None) -> None:
    if content is not None:
        (logs / "notes.txt").write_bytes(content)
    run = ingest(logs, db=db)
    assert run.code == 2
    assert run.stderr.strip()


def test_missing_path_is_no_answer(db: Path, logs: Path) -> None:
    run = ingest(logs / "nowhere.jsonl", db=db)
    assert run.code == 2
    assert "nowhere.jsonl" in run.stderr
