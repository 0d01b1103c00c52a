"""Stores with calls that tests make up."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llmaudit.model import COLUMNS
from llmaudit.store import Store

Fill = Callable[..., Store]


@pytest.fixture
def fill(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Fill:
    """Give the store exactly these calls: a dict of columns each, everything else unknown."""
    file = tmp_path_factory.mktemp("calls") / "calls.jsonl"

    def given(*calls: dict[str, Any]) -> Store:
        write(store, file, list(calls))
        return store

    return given


def write(store: Store, file: Path, calls: list[dict[str, Any]]) -> None:
    """Put calls in the place of those the store has."""
    whole = [{"call_id": f"c{number}", "service_tier": "standard", **call} for number, call in enumerate(calls)]
    file.write_text("\n".join(json.dumps(call, default=str) for call in whole) + "\n", encoding="utf-8")
    types = {column.name: column.type for column in COLUMNS}
    names = ", ".join(types)
    store.run("delete from calls")
    if calls:
        store.run(
            f"insert into calls ({names}) select {names} from read_json($file, columns = {types})", {"file": str(file)}
        )
