"""`llmaudit bottleneck` over PostgreSQL: what it says when it works, and a clear error with exit 2 when it cannot."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import psycopg
import pytest

from llmaudit import schemas
from llmaudit.replay.pipeline import read
from tests.cli.transcripts import SAMPLE_LOGS, Run, run
from tests.services.postgres import dsn, make_chunks, postgres

__all__ = ["dsn", "postgres"]

Asked = Callable[..., Run]


@pytest.fixture
def asked(dsn: str, postgres: psycopg.Connection[Any], tmp_path: Path) -> Asked:
    """`llmaudit bottleneck` with the database of `dsn`, and what `retrieve` says beside or instead of the usual."""
    make_chunks(postgres, "asked", rows=3000, dimensions=64)
    (tmp_path / "q.jsonl").write_text('{"query": "refunds?"}\n{"query": "opening hours?"}\n', encoding="utf-8")

    def ask(*options: str, database: str = dsn, dimensions: int = 64, **changes: object) -> Run:
        retrieve = {"kind": "pgvector", "dsn": "env:DATABASE_URL", "table": "asked"} | changes
        embed = {"kind": "hashing", "dimensions": dimensions}
        # JSON is YAML, too.
        (tmp_path / "pipeline.yaml").write_text(
            json.dumps({"embed": embed, "retrieve": retrieve, "generate": {"kind": "extractive"}}), encoding="utf-8"
        )
        command = ["llmaudit", "bottleneck", "--queries", "q.jsonl", "--pipeline", "pipeline.yaml", *options]
        return run(command, tmp_path, {"DATABASE_URL": database})

    return ask


def test_the_answer_holds_to_the_contract(asked: Asked) -> None:
    answer = asked("--format", "json")
    assert answer.code == 0, answer.said
    said = json.loads(answer.stdout)
    jsonschema.validate(said, json.loads(schemas.text("bottleneck")))
    assert [stage["calls"] for stage in said["stages"] if stage["stage"] == "retrieval"] == [6]
    assert said["facts"]["llmaudit.pipeline"] == "embed hashing, retrieve pgvector, generate extractive"


def test_the_sample_is_a_pipeline() -> None:
    parts = read(SAMPLE_LOGS / "rag" / "pgvector.yaml").parts
    assert {slot.value: part.kind for slot, (part, _) in parts.items()} == {
        "embed": "openai", "retrieve": "pgvector", "rerank": "bm25", "generate": "openai",
    }  # fmt: skip


def test_a_recorded_run_says_that_it_does_not_know_the_database(asked: Asked, tmp_path: Path) -> None:
    assert "recorded" not in asked("--record", "run.json").stdout
    again = run("llmaudit bottleneck --run run.json", tmp_path)
    assert again.code == 0
    assert "The database was not asked about the search, so nothing was found there" in again.stdout


APPLICATION = """
import os
import psycopg
from llmaudit.replay import stage

connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)

def answer(query):
    with stage("retrieval"):
        return connection.execute(
            "select id from many order by embedding <=> (select embedding from many where id = %s) limit 10",
            (len(query),),
        ).fetchall()
"""


def test_the_database_of_an_application_is_looked_at_beside_it(
    asked: Asked, dsn: str, postgres: psycopg.Connection[Any], tmp_path: Path
) -> None:
    make_chunks(postgres, "many", rows=8000, dimensions=128)
    (tmp_path / "shop_rag.py").write_text(APPLICATION, encoding="utf-8")
    (tmp_path / "search.yaml").write_text("{dsn: env:DATABASE_URL, table: many, analyze: true}\n", encoding="utf-8")
    asked()
    command = "llmaudit bottleneck --app shop_rag:answer --queries q.jsonl --format json"
    blind = json.loads(run(command, tmp_path, {"DATABASE_URL": dsn}).stdout)
    assert "missing_index" not in [finding["id"] for finding in blind["findings"]]
    answer = run(f"{command} --search search.yaml", tmp_path, {"DATABASE_URL": dsn})
    assert answer.code == 0, answer.said
    said = json.loads(answer.stdout)
    (finding,) = [finding for finding in said["findings"] if finding["id"] == "missing_index"]
    assert finding["fix"] == "CREATE INDEX CONCURRENTLY ON many USING hnsw (embedding vector_cosine_ops);"
    assert finding["evidence"]["analyzed_execution_seconds"] == said["facts"]["llmaudit.search_execution_seconds"]


@pytest.mark.parametrize(
    ("file", "options", "message"),
    [
        ("{dsn: env:DATABASE_URL, tabel: many}", "--app shop_rag:answer", "error: search.yaml:1: "),
        ("{dsn: env:DATABASE_URL, table: many}", "", "error: --search goes with --app"),
        ("{dsn: env:DATABASE_URL, table: nowhere}", "--app shop_rag:answer", "error: there is no column embedding"),
    ],
)
def test_a_search_that_cannot_be_looked_at_is_an_error(
    dsn: str, tmp_path: Path, file: str, options: str, message: str
) -> None:
    (tmp_path / "q.jsonl").write_text('{"query": "refunds?"}\n', encoding="utf-8")
    (tmp_path / "search.yaml").write_text(file, encoding="utf-8")
    command = f"llmaudit bottleneck --queries q.jsonl --search search.yaml {options}"
    answer = run(command, tmp_path, {"DATABASE_URL": dsn})
    assert (answer.code, answer.stdout) == (2, "")
    assert answer.stderr.startswith(message)


def test_a_halfvec_column_is_searched_as_one(asked: Asked, postgres: psycopg.Connection[Any]) -> None:
    make_chunks(postgres, "halves", rows=200, dimensions=64)
    postgres.execute("alter table halves alter column embedding type halfvec(64)")
    assert asked(table="halves").code == 0


def test_settings_reach_every_connection(asked: Asked, postgres: psycopg.Connection[Any]) -> None:
    postgres.execute("create index on asked using hnsw (embedding vector_cosine_ops)")
    answer = asked("--format", "json", top_k=60, settings={"hnsw.ef_search": 80, "enable_seqscan": False})
    assert "starved_search" not in [finding["id"] for finding in json.loads(answer.stdout)["findings"]]
    short = asked("--format", "json", top_k=60, settings={"enable_seqscan": False})
    assert "starved_search" in [finding["id"] for finding in json.loads(short.stdout)["findings"]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"table": "aksed"}, "error: there is no column embedding in a table aksed"),
        ({"embedding": "content"}, "error: the column content of asked is of type text, not vector or halfvec"),
        ({"dimensions": 32}, "error: the embedder gives 32 dimensions, and what is searched has 64"),
        ({"where": "tenat = 3"}, 'error: retrieve: PostgreSQL refuses the search: column "tenat" does not exist'),
        ({"where": "tenant ="}, "error: retrieve: PostgreSQL refuses the search: syntax error"),
        ({"settings": {"hnsw.ef_serch": 9}}, "error: retrieve: PostgreSQL refuses the search: invalid configuration"),
        ({"settings": {"hnsw.ef_search": 9999}}, "error: retrieve: PostgreSQL refuses the search: 9999 is outside"),
        ({"distance": "manhattan"}, "error: pipeline.yaml:1: retrieve.distance:"),
        ({"database": ""}, "error: retrieve.dsn: the environment variable DATABASE_URL is not set"),
        ({"database": "mysql://app:hunter2@db/app"}, "error: retrieve.dsn is no address of a PostgreSQL"),
        ({"database": "postgresql://app:hunt@hunter2@db/app"}, "error: retrieve.dsn is no address of a PostgreSQL"),
    ],
)
def test_what_cannot_work_is_a_clear_error(asked: Asked, changes: dict[str, Any], message: str) -> None:
    answer = asked(**changes)
    assert answer.code == 2
    assert answer.stdout == ""
    assert answer.stderr.startswith(message)
    assert "hunter2" not in answer.stderr


def test_a_database_that_is_not_there_is_said_without_its_password(asked: Asked) -> None:
    answer = asked(database="postgresql://app:hunter2@127.0.0.1:9/app?connect_timeout=2")
    assert answer.code == 2
    assert answer.stderr.startswith("error: retrieve: the database cannot be reached: ")
    assert "hint: " in answer.stderr
    assert "hunter2" not in answer.said
