"""A call counts once, however often and in however many pieces its record is read."""

from __future__ import annotations

import gzip
import random
import shutil
import zipfile
from itertools import chain
from pathlib import Path

import pyarrow
import pytest

from .harness import chat, claude, ingest, jsonl, query, totals
from .oracle import merge, sessions

THREE = [chat("1", "gpt-4o-mini"), chat("2", "gpt-4o-mini"), chat("3", "gpt-4o")]
THREE_CALLS = (300, 120, 0, 0, 30, 12)
CSV_HEADER = "started_at,provider_name,response_model,input_tokens,output_tokens\n"
CSV_ROW = "2026-01-01T00:00:00Z,openai,gpt-4o-mini,100,10\n"


def test_same_file_again_adds_nothing(db: Path, logs: Path) -> None:
    log = jsonl(logs / "calls.jsonl", THREE)
    assert ingest(log, db=db)["calls_added"] == 3
    again = ingest(log, db=db)
    assert again.code == 0
    assert (again["calls_added"], again["calls_updated"]) == (0, 0)
    assert again["problems"] == []
    assert totals(db).tokens == THREE_CALLS
    told = ingest(log, db=db, output="table")
    assert told.code == 0
    assert "0" in told.stdout


@pytest.mark.parametrize("how", ["copy", "gzip", "zstd", "zip", "folder", "crlf", "blank lines"])
def test_same_content_in_another_guise_adds_nothing(db: Path, logs: Path, how: str) -> None:
    log = jsonl(logs / "calls.jsonl", THREE)
    ingest(log, db=db)
    other = logs / "elsewhere" / "other.jsonl"
    other.parent.mkdir()
    match how:
        case "copy":
            shutil.copy(log, other)
        case "gzip":
            other = other.with_suffix(".jsonl.gz")
            other.write_bytes(gzip.compress(log.read_bytes()))
        case "zstd":
            other = other.with_suffix(".jsonl.zst")
            with pyarrow.CompressedOutputStream(str(other), "zstd") as stream:
                stream.write(log.read_bytes())
        case "zip":
            other = other.with_suffix(".zip")
            with zipfile.ZipFile(other, "w") as archive:
                archive.write(log, "renamed.jsonl")
        case "folder":
            other = logs
        case "crlf":
            other.write_bytes(log.read_bytes().replace(b"\n", b"\r\n"))
        case "blank lines":
            other.write_bytes(log.read_bytes().replace(b"\n", b"\n\n"))
    again = ingest(other, db=db)
    assert (again.code, again["calls_added"], again["unreadable"]) == (0, 0, 0)
    assert totals(db).calls == 3
    assert totals(db).tokens == THREE_CALLS


def test_grown_file_adds_only_what_is_new(db: Path, logs: Path) -> None:
    log = jsonl(logs / "calls.jsonl", THREE)
    ingest(log, db=db)
    jsonl(log, [*THREE, chat("4", "gpt-4o"), chat("5", "gpt-4o")])
    assert ingest(log, db=db)["calls_added"] == 2
    assert totals(db).tokens == (500, 200, 0, 0, 50, 20)


def test_half_written_last_line_is_read_once_it_is_whole(db: Path, logs: Path) -> None:
    log = jsonl(logs / "calls.jsonl", THREE)
    whole = log.read_bytes()
    log.write_bytes(whole[:-80])
    cut = ingest(log, db=db)
    assert (cut["calls_added"], cut["unreadable"]) == (2, 1)
    assert cut.lines_named("calls.jsonl") == {3}
    log.write_bytes(whole)
    healed = ingest(log, db=db)
    assert (healed["calls_added"], healed["unreadable"]) == (1, 0)
    assert totals(db).tokens == THREE_CALLS


def test_message_that_ends_in_the_grown_part_is_updated(db: Path, logs: Path) -> None:
    started = [
        claude("msg_1", 200, "2026-01-05T10:00:00.000Z"),
        claude("msg_2", 30, "2026-01-05T10:01:00.000Z"),
        claude("msg_2", 30, "2026-01-05T10:01:01.000Z"),
    ]
    log = jsonl(logs / "session.jsonl", started)
    first = ingest(log, db=db)
    assert (first["calls_added"], first["duplicates"]) == (2, 1)
    jsonl(log, [*started, claude("msg_2", 285, "2026-01-05T10:01:02.000Z")])
    grown = ingest(log, db=db)
    assert (grown["calls_added"], grown["calls_updated"]) == (0, 1)
    assert totals(db).tokens == (2410, 2000, 400, 100, 485, 0)
    assert totals(db).last == "2026-01-05T10:01:00.000Z", "a call starts at its first line"


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
@pytest.mark.parametrize("together", [True, False])
def test_session_in_two_files_counts_once(db: Path, logs: Path, order: tuple[str, str], together: bool) -> None:
    files = {
        "a": [
            claude("msg_1", 30, "2026-01-05T10:00:00.000Z"),
            claude("msg_2", 50, "2026-01-05T10:01:00.000Z"),
        ],
        "b": [
            claude("msg_1", 285, "2026-01-05T10:00:02.000Z"),
            claude("msg_2", 50, "2026-01-05T10:01:00.000Z"),
            claude("msg_3", 7, "2026-01-05T10:02:00.000Z"),
        ],
    }
    paths = [jsonl(logs / f"{name}.jsonl", files[name]) for name in order]
    runs = [ingest(*paths, db=db)] if together else [ingest(path, db=db) for path in paths]
    assert sum(run["calls_added"] for run in runs) == 3
    found = totals(db)
    assert (found.calls, found.tokens) == (3, (3615, 3000, 600, 150, 342, 0))
    assert (found.first, found.last) == ("2026-01-05T10:00:00.000Z", "2026-01-05T10:02:00.000Z")


def test_request_id_missing_falls_back_to_the_message_id(db: Path, logs: Path) -> None:
    lines = [
        claude("msg_1", 4, "2026-01-05T10:00:00.000Z", requestId=None),
        claude("msg_1", 40, "2026-01-05T10:00:01.000Z", requestId=None),
    ]
    run = ingest(jsonl(logs / "gateway.jsonl", lines), db=db)
    assert (run["calls_added"], run["duplicates"]) == (1, 1)
    assert totals(db).tokens == (1205, 1000, 200, 50, 40, 0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_order_of_files_does_not_matter(tmp_path: Path, logs: Path, seed: int) -> None:
    """Generated sessions whose lines lie about in four files, in two orders, against brute force."""
    spread = sessions(seed, files=4)
    paths = [jsonl(logs / f"{index}.jsonl", lines) for index, lines in enumerate(spread)]
    expected = sorted((m.started_at, m.output_tokens) for m in merge(chain.from_iterable(spread)).values())
    shuffled = random.Random(seed).sample(paths, len(paths))
    for number, order in enumerate([[shuffled], [[path] for path in reversed(shuffled)]]):
        db = tmp_path / f"{number}.duckdb"
        added = sum(ingest(*group, db=db)["calls_added"] for group in order)
        assert added == len(expected)
        stored = "strftime(make_timestamp(epoch_us(started_at)), '%Y-%m-%dT%H:%M:%S.%gZ'), output_tokens"
        assert sorted(query(db, f"select {stored} from calls")) == expected


def test_identical_rows_without_an_id_are_as_many_calls(db: Path, logs: Path) -> None:
    log = logs / "usage.csv"
    log.write_text(CSV_HEADER + CSV_ROW + CSV_ROW, encoding="utf-8")
    first = ingest(log, db=db)
    assert (first["records"], first["calls_added"], set(first["formats"])) == (2, 2, {"generic"})
    assert ingest(log, db=db)["calls_added"] == 0
    copy = shutil.copy(log, logs / "copy.csv")
    assert ingest(Path(copy), db=db)["calls_added"] == 0
    assert totals(db).tokens == (200, 0, 0, 0, 20, 0)


def test_grown_file_without_ids_adds_only_what_is_new(db: Path, logs: Path) -> None:
    log = logs / "usage.csv"
    log.write_text(CSV_HEADER + CSV_ROW + CSV_ROW, encoding="utf-8")
    ingest(log, db=db)
    later = CSV_ROW.replace("2026-01-01", "2026-01-02")
    log.write_text(CSV_HEADER + CSV_ROW * 3 + later, encoding="utf-8")
    assert ingest(log, db=db)["calls_added"] == 2
    assert totals(db).tokens == (400, 0, 0, 0, 40, 0)


def test_generic_rows_with_an_id_count_once(db: Path, logs: Path) -> None:
    log = logs / "usage.csv"
    header, row = "response_id," + CSV_HEADER, "resp-1," + CSV_ROW
    log.write_text(header + row + row + row.replace("resp-1", "resp-2"), encoding="utf-8")
    run = ingest(log, db=db)
    assert (run["calls_added"], run["duplicates"]) == (2, 1)
    assert totals(db).tokens == (200, 0, 0, 0, 20, 0)
