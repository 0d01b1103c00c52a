"""Every query of a lever answers the same on a Spark Connect server as where a plan just ran it, cell by cell.

A plan of every lever is replayed in DuckDB. Whenever a lever runs one of its files, what the file reads at that moment
and what it answers are written down; the same text then runs in Spark over what it read.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llmaudit.levers.registry import all_levers
from llmaudit.levers.waterfall import waterfall
from llmaudit.pricing import reprice
from llmaudit.store import Store, open_store
from tests.calls import DEFAULTS
from tests.levers.conftest import Planned
from tests.test_engines import CORE, duck, spark  # noqa: F401

FILES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(CORE.glob("levers/*.sql"))}
PLAN: list[tuple[str, dict[str, Any]]] = [
    (
        "route",
        {
            **{"when": "feature <> 'chat'", "from": ["gpt-4o", "claude-sonnet-4-5"], "to": "gpt-4o-mini", "share": 0.5},
            "quality": {"score": "faithfulness", "max_drop": 0.02},
        },
    ),
    ("prompt_cache", {"ttl": "auto", "rules": {"min_tokens": 100, "write_multiplier": "1.25"}}),
    ("response_cache", {"when": "temperature = 0", "ttl": "1h", "scope": "tier"}),
    ("trim", {"top_k": 3, "history": {"keep_turns": 1, "summary_tokens": 20, "summarizer": "gpt-4o-mini"}}),
    ("batch", {"when": "feature = 'faq'"}),
]


@dataclass(frozen=True)
class Ran:
    """One run of a file: with which values, over which relations (Parquet files by name), and what it answered."""

    parameters: dict[str, Any] | None
    relations: dict[str, Path]
    rows: list[dict[str, Any]]


def _calls() -> Iterator[dict[str, Any]]:
    draw = random.Random(3)
    for number in range(400):
        model = draw.choice(["gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18", "claude-sonnet-4-5-20250929", "gpt-4.1"])
        depth = draw.randrange(1, 6)
        tokens = 400 * depth
        job = number % 8 == 0
        context, documents = draw.choice([None, tokens // 3]), draw.choice([None, 2, 7])
        counts = None if context is None or documents is None else [context // 2**n for n in range(1, documents + 1)]
        yield {
            **{**DEFAULTS, "call_id": f"call-{number}", "record_number": number, "response_model": model},
            "provider_name": "anthropic" if model.startswith("claude") else "openai",
            "started_at": datetime(2026, 10, 1) + timedelta(hours=number // 8 * 6, seconds=draw.randrange(600)),
            "duration_seconds": draw.choice([None, 0.0, 2.5]),
            "feature": "nightly" if job else draw.choice(["faq", "chat", None]),
            "tier": draw.choice(["free", "pro", None]),
            "temperature": draw.choice([0.0, 0.7, None]),
            "conversation_id": None if job else draw.choice([None, "a", "b"]),
            "status": draw.choice(["ok", "ok", "ok", "timeout"]),
            "input_tokens": tokens,
            "input_bytes": 4 * tokens,
            "output_bytes": 400,
            "cache_read_input_tokens": draw.choice([None, 0, tokens // 4]),
            "system_tokens": draw.choice([None, 150]),
            "history_tokens": draw.choice([0, tokens // 3]),
            "context_tokens": context,
            "context_documents": documents,
            "context_document_tokens": draw.choice([None, counts]),
            "user_tokens": draw.randrange(1, 40),
            "request_hash": draw.choice([None, 1, 2, 3]),
            "prefix_hashes": draw.choice([None, [place * 7 + draw.randrange(2) for place in range(depth)]]),
            "prefix_block_tokens": 400.0,
            "system_prompt_hash": draw.choice([None, "s"]),
        }


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    """For each file its first run that answered something, else its first."""
    folder = tmp_path_factory.mktemp("relations")
    found: dict[str, Ran] = {}
    run = Store._execute

    def noting(store: Store, sql: str, parameters: Any) -> Any:
        for name, text in FILES.items():
            if sql.endswith(text) and not (name in found and found[name].rows):
                found[name] = _noted(store, name, text, parameters)
        return run(store, sql, parameters)

    def _noted(store: Store, name: str, text: str, parameters: Any) -> Ran:
        read = set(re.findall(r"\b(?:from|join) (\w+)", re.sub(r"--.*", "", text)))
        own = set(re.findall(r"\b(\w+) as \(", text))
        known = {
            row[0] for row in run(store, "select distinct table_name from information_schema.tables", None).fetchall()
        }
        relations = {relation: folder / f"{name}-{relation}.parquet" for relation in (read & known) - own}
        for relation, path in relations.items():
            run(store, f"copy (select * from {relation}) to '{path}' (format parquet)", None)
        cursor = run(store, text, parameters)
        names = [column[0] for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return Ran(dict(parameters) if parameters else None, relations, rows)

    with open_store(":memory:") as store, pytest.MonkeyPatch.context() as patch:
        calls = list(_calls())
        names = sorted(calls[0])
        store.insert(f"calls ({', '.join(names)})", [[call[name] for name in names] for call in calls])
        scores = [(call["call_id"], None, None, "faithfulness", 0.5, "judge", 1, 1) for call in calls[:200]]
        store.insert("scores", scores)
        reprice(store, None)
        patch.setattr(Store, "_execute", noting)
        levers = all_levers()
        waterfall(
            store, [Planned(levers[name], name, levers[name].settings.model_validate(said)) for name, said in PLAN]
        )
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_query_of_a_lever_answers_the_same_on_spark(name: str, ran: dict[str, Ran], spark: Any) -> None:  # noqa: F811
    assert name in ran, "the plan above never runs it"
    noted = ran[name]
    for relation, path in noted.relations.items():
        spark.read.parquet(str(path)).createOrReplaceTempView(relation)
    there = spark.sql(FILES[name], args=noted.parameters).toArrow().to_pylist()
    assert len(noted.rows) > 0
    assert _cells(there) == _cells(noted.rows)


def _cells(rows: list[dict[str, Any]]) -> list[str]:
    """The rows as text, in any order: numbers without needless zeros, instants without a zone."""

    def cell(value: Any) -> Any:
        if isinstance(value, Decimal):
            return str(value.normalize())
        return value.replace(tzinfo=None) if isinstance(value, datetime) else value

    return sorted(repr([(key, cell(value)) for key, value in row.items()]) for row in rows)
