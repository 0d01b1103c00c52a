"""Read a few records as a file, and look at the calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from llmaudit.ingest import IngestOptions, ingest
from llmaudit.model import IngestResult
from llmaudit.store import Store, open_store


@dataclass(frozen=True, slots=True)
class Logs:
    """An empty store, and a folder to write logs in."""

    store: Store
    folder: Path

    def read(self, content: list[dict[str, Any]] | str, name: str = "log.jsonl", **options: Any) -> IngestResult:
        """Ingest records (or the text of a file); user ids stay as they are."""
        text = content if isinstance(content, str) else "".join(json.dumps(record) + "\n" for record in content)
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return ingest(self.store, [str(path)], IngestOptions(plain_user_ids=True, **options))

    def calls(self) -> list[dict[str, Any]]:
        """The calls, in the order of the log."""
        return self.store.records("select * from calls order by source_id, record_number")


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Logs]:
    with open_store(":memory:") as store:
        yield Logs(store, tmp_path)
