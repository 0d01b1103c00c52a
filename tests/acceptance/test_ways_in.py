"""What may be given to `ingest`: files, folders, globs, standard input, and any table in our own column names."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from .harness import chat, counts, ingest, jsonl, query, totals

ROW: dict[str, Any] = {
    "response_id": "r-1",
    "started_at": "2026-03-01T09:30:00Z",
    "provider_name": "openai",
    "request_model": "gpt-4o",
    "response_model": "gpt-4o-2024-08-06",
    "input_tokens": 100,
    "cache_read_input_tokens": 40,
    "output_tokens": 10,
    "reasoning_output_tokens": 4,
    "status": "ok",
    "feature": "search",
    "reported_cost": "0.000123456789",
}


def test_folders_are_walked_and_globs_expanded(db: Path, logs: Path) -> None:
    inner = logs / "a" / "b"
    inner.mkdir(parents=True)
    jsonl(logs / "one.jsonl", [chat("1", "gpt-4o")])
    jsonl(inner / "two.jsonl", [chat("2", "gpt-4o")])
    jsonl(inner / "three.json", [chat("3", "gpt-4o")])
    assert ingest(inner / "*.jsonl", db=db)["calls_added"] == 1
    everything = ingest(logs, db=db)
    assert (everything["calls_added"], totals(db).calls) == (2, 3)


def test_a_path_given_twice_counts_once(db: Path, logs: Path) -> None:
    log = jsonl(logs / "one.jsonl", [chat("1", "gpt-4o")])
    run = ingest(log, logs, log, db=db)
    assert (run["calls_added"], totals(db).calls) == (1, 1)


def test_standard_input(db: Path) -> None:
    lines = b"".join(json.dumps(chat(str(number), "gpt-4o")).encode() + b"\n" for number in range(3))
    assert ingest(Path("-"), db=db, stdin=lines)["calls_added"] == 3
    assert ingest(Path("-"), db=db, stdin=lines)["calls_added"] == 0
    assert totals(db).tokens == (300, 120, 0, 0, 30, 12)


def test_an_array_and_a_single_object(db: Path, logs: Path) -> None:
    (logs / "array.json").write_text(json.dumps([chat("1", "gpt-4o"), chat("2", "gpt-4o")], indent=2), encoding="utf-8")
    (logs / "single.json").write_text(json.dumps(chat("3", "gpt-4o"), indent=2), encoding="utf-8")
    run = ingest(logs, db=db)
    assert (run["records"], run["calls_added"], run["unreadable"]) == (3, 3, 0)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_generic_table(db: Path, logs: Path, kind: str) -> None:
    log = logs / f"usage.{kind}"
    match kind:
        case "csv":
            text = ",".join(ROW) + "\n" + ",".join(str(value) for value in ROW.values()) + "\n"
            log.write_text(text, encoding="utf-8")
        case "jsonl":
            jsonl(log, [ROW])
        case "parquet":
            parquet.write_table(pyarrow.Table.from_pylist([ROW]), log)
    run = ingest(log, db=db)
    assert (run["calls_added"], set(run["formats"])) == (1, {"generic"})
    assert totals(db).tokens == (100, 40, 0, 0, 10, 4)
    assert totals(db).first == "2026-03-01T09:30:00.000Z"
    columns = "provider_name, request_model, response_model, feature, status"
    assert query(db, f"select {columns} from calls") == [("openai", "gpt-4o", "gpt-4o-2024-08-06", "search", "ok")]
    ((cost,),) = query(db, "select reported_cost from calls")
    assert Decimal(cost) == Decimal("0.000123456789")


def test_set_fills_what_the_log_does_not_say(db: Path, logs: Path) -> None:
    log = logs / "usage.csv"
    head, rows = "started_at,response_model,input_tokens,output_tokens,feature\n", "2026-03-01T09:30:00Z,gpt-4o,5,6,"
    log.write_text(f"{head}{rows}chat\n{rows}\n", encoding="utf-8")
    run = ingest(log, db=db, options=("--set", "provider_name=openai", "--set", "feature=batchjob"))
    assert run["calls_added"] == 2
    assert counts(db, "provider_name") == {"openai": 2}
    assert counts(db, "feature") == {"chat": 1, "batchjob": 1}


def test_set_of_an_unknown_column_is_refused(db: Path, logs: Path) -> None:
    run = ingest(jsonl(logs / "one.jsonl", [chat("1", "gpt-4o")]), db=db, options=("--set", "colour=red"))
    assert run.code == 2
    assert "colour" in run.stderr


def test_unknown_model_is_kept_and_unpriced(db: Path, logs: Path) -> None:
    run = ingest(jsonl(logs / "one.jsonl", [chat("1", "gpt-4o-2024-08-06"), chat("2", "no-such-model-x")]), db=db)
    assert (run["calls_added"], run["unpriced_calls"]) == (2, 1)
