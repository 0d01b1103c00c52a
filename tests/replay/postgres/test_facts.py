"""What PostgreSQL itself says about a search, against tables whose rows, indexes and settings are known."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from llmaudit.errors import ConfigError
from llmaudit.replay.postgres.facts import SearchFacts, column_of, examine
from llmaudit.replay.postgres.search import Distance, VectorSearch
from tests.services.postgres import make_chunks

SEARCH = VectorSearch(table="facts", key="id", embedding="embedding", distance=Distance.COSINE, k=10)


@pytest.fixture(scope="module", autouse=True)
def table(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        make_chunks(connection, "facts", rows=5000, dimensions=48)


@pytest.fixture
def connection(postgres: psycopg.Connection[Any]) -> Any:
    """A connection whose changes to the table are undone."""
    with postgres.transaction(force_rollback=True):
        yield postgres


def _examined(connection: psycopg.Connection[Any], search: VectorSearch = SEARCH) -> SearchFacts:
    facts = examine(connection, search)
    assert facts is not None
    return facts


def test_a_table_without_an_index_is_scanned_and_sorted(connection: psycopg.Connection[Any]) -> None:
    facts = _examined(connection)
    assert facts.indexes == ()
    assert (facts.plan.scan, facts.plan.index, facts.plan.sorted) == ("Seq Scan", None, True)
    assert (facts.rows, facts.matching_rows, facts.dimensions) == (5000, 5000, 48)
    assert facts.column.vector_type == "vector"
    assert facts.column.analyzed


def test_an_index_is_read_with_the_operators_that_it_can_order_by(connection: psycopg.Connection[Any]) -> None:
    connection.execute("create index by_cosine on facts using hnsw (embedding vector_cosine_ops) with (m = 8)")
    connection.execute("create index by_l2 on facts using ivfflat (embedding vector_l2_ops) with (lists = 5)")
    connection.execute("create index not_a_vector_index on facts (tenant)")
    facts = _examined(connection)
    cosine, l2 = facts.indexes
    assert (cosine.name, cosine.method, cosine.operator_class, cosine.operators) == (
        "by_cosine", "hnsw", "vector_cosine_ops", ["<=>"],
    )  # fmt: skip
    assert (l2.name, l2.method, l2.operators, l2.option("lists", 100)) == ("by_l2", "ivfflat", ["<->"], 5)
    assert (cosine.option("m", 16), cosine.option("ef_construction", 64)) == (8, 64)
    assert cosine.valid
    assert cosine.on_column
    assert not cosine.in_progress
    assert (facts.plan.scan, facts.plan.index, facts.plan.sorted) == ("Index Scan", "by_cosine", False)


def test_an_index_over_an_expression_is_told_from_one_over_the_column(connection: psycopg.Connection[Any]) -> None:
    connection.execute("create index half on facts using hnsw ((embedding::halfvec(48)) halfvec_cosine_ops)")
    (half,) = _examined(connection).indexes
    assert not half.on_column
    assert "halfvec" in half.expression


def test_the_planner_says_how_many_rows_pass_a_condition(connection: psycopg.Connection[Any]) -> None:
    search = VectorSearch("facts", "id", "embedding", Distance.COSINE, k=10, where="tenant = 3 and content like 'c%'")
    facts = _examined(connection, search)
    # 100 of the 5,000 chunks are of tenant 3; statistics know that up to a few.
    assert 80 <= facts.matching_rows <= 120
    assert 0.016 <= facts.selectivity <= 0.024


def test_settings_in_force_are_those_of_the_connection(connection: psycopg.Connection[Any]) -> None:
    assert _examined(connection).settings["hnsw.ef_search"] == "40"
    connection.execute("set hnsw.ef_search = 200")
    facts = _examined(connection)
    assert facts.number("hnsw.ef_search", 40) == 200
    assert facts.settings["hnsw.iterative_scan"] == "off"


def test_a_search_is_run_only_where_that_is_asked_for(connection: psycopg.Connection[Any]) -> None:
    def scans() -> int:
        row = connection.execute("select pg_stat_get_xact_numscans('facts'::regclass)").fetchone()
        assert row is not None
        return int(row[0])

    before = scans()
    assert _examined(connection).execution is None
    # One look at some vector of the table, and no search.
    assert scans() == before + 1
    asked = examine(connection, SEARCH, analyze=True)
    assert scans() == before + 3
    assert asked is not None
    assert asked.execution is not None
    # 5,000 vectors of 48 numbers are some 150 pages.
    assert asked.execution.pages_hit + asked.execution.pages_read > 100
    assert asked.execution.execution_seconds > 0


def test_a_distance_takes_longer_the_longer_the_vectors(connection: psycopg.Connection[Any]) -> None:
    connection.execute("create table wide (id int, embedding vector(8000))")
    connection.execute("insert into wide select 1, array_fill(0.5, array[8000])::vector")
    wide = _examined(connection, VectorSearch("wide", "id", "embedding", Distance.COSINE, k=10))
    narrow = _examined(connection)
    assert 0 < narrow.pace.distance_seconds < wide.pace.distance_seconds
    assert narrow.pace.round_trip_seconds > narrow.pace.distance_seconds


def test_a_column_without_dimensions_takes_those_of_a_row(connection: psycopg.Connection[Any]) -> None:
    connection.execute("create table loose (id int, embedding vector)")
    search = VectorSearch("loose", "id", "embedding", Distance.L2, k=3)
    assert examine(connection, search) is None
    connection.execute("insert into loose values (1, '[1,2,3]')")
    facts = _examined(connection, search)
    assert facts.column.dimensions is None
    assert facts.dimensions == 3
    assert not facts.column.analyzed


@pytest.mark.parametrize(
    ("table", "embedding", "message"),
    [
        ("facts", "content", "the column content of facts is of type text, not vector or halfvec"),
        ("facts", "vector", "there is no column vector in a table facts"),
        ("public.facts2", "embedding", "there is no column embedding in a table public.facts2"),
        ('facts"; drop table facts; --', "embedding", 'there is no column embedding in a table facts"; drop table'),
    ],
)
def test_a_search_of_something_else_is_an_error(
    connection: psycopg.Connection[Any], table: str, embedding: str, message: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        column_of(connection, VectorSearch(table, "id", embedding, Distance.L2, k=3))
    assert str(raised.value).startswith(message)
