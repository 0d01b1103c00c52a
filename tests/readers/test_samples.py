"""Every `sample_logs/<format>/input.*` becomes what the `expected.jsonl` beside it says, worked out by hand.

An `options.json` beside it says how it has to be read, where a log alone does not say enough.
"""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llmaudit.ingest import IngestOptions, ingest
from llmaudit.store import open_store

SAMPLE_LOGS = Path(__file__).resolve().parents[2] / "sample_logs"
FOLDERS = sorted(path.parent for path in SAMPLE_LOGS.glob("*/expected.jsonl"))


def _plain(value: Any) -> Any:
    """The value as the expectation writes it: an amount as text, an instant in ISO 8601 (UTC)."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, datetime) else value


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.name))
def test_a_sample_becomes_the_calls_it_should(folder: Path) -> None:
    lines = (folder / "expected.jsonl").read_text(encoding="utf-8").splitlines()
    table = "scores" if folder.name == "scores" else "calls"
    expected = [json.loads(line)[table.removesuffix("s")] for line in lines]
    (log,) = folder.glob("input.*")
    said = folder / "options.json"
    options = json.loads(said.read_text(encoding="utf-8")) if said.exists() else {}
    with open_store(":memory:") as store:
        result = ingest(store, [str(log)], IngestOptions(plain_user_ids=True, **options))
        rows = store.records(f"select * from {table} order by record_number")
    counts = json.loads((folder / "expected_counts.json").read_text(encoding="utf-8"))
    assert {name: getattr(result, name) for name in counts} == counts
    found = [{name: _plain(row[name]) for name in want} for row, want in zip(rows, expected, strict=True)]
    assert found == expected


def test_there_is_a_sample_of_every_format() -> None:
    from llmaudit.readers import all_readers

    folders = {folder.name.replace("_", "-") for folder in FOLDERS}
    assert {reader.name for reader in all_readers()} <= folders
