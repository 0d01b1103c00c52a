"""Faults made in a real PostgreSQL, one at a time: each is named, with a fix, and the fix is tried."""

from __future__ import annotations

from statistics import median
from threading import Thread
from typing import Any

import psycopg
import pytest

from llmaudit.replay.findings import Rest
from llmaudit.replay.postgres.plan import executed
from llmaudit.replay.postgres.search import Distance, VectorSearch, as_text
from tests.replay.findings.searching import Measured, measure, plan
from tests.services.postgres import make_chunks, vectors

ROWS, DIMENSIONS = 12_000, 192
Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def chunks(dsn: str) -> str:
    """A table large enough that reading all of it is felt."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        make_chunks(connection, "chunks", rows=ROWS, dimensions=DIMENSIONS)
    return "chunks"


@pytest.fixture(scope="module")
def by_cosine(dsn: str, chunks: str) -> str:
    """The same table with the index that it should have, in another schema, so that the faults have theirs alone."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create schema if not exists indexed")
        connection.execute("create table indexed.chunks (like chunks)")
        connection.execute("insert into indexed.chunks select * from chunks")
        connection.execute("create index by_cosine on indexed.chunks using hnsw (embedding vector_cosine_ops)")
        connection.execute("analyze indexed.chunks")
    return "indexed.chunks"


def _measured(dsn: str, table: str, **changes: Any) -> Measured:
    return measure(plan(DIMENSIONS, dsn=dsn, table=table, **changes))


def test_a_table_without_an_index_is_the_bottleneck_and_said_so(dsn: str, chunks: str) -> None:
    measured = _measured(dsn, chunks)
    assert measured.answer.bottleneck == "retrieval"
    finding = measured.one("missing_index")
    assert measured.ids == {"missing_index"}
    assert finding.says == "sequential scan of 12,000 rows of chunks: there is no vector index"
    assert finding.fix == "CREATE INDEX CONCURRENTLY ON chunks USING hnsw (embedding vector_cosine_ops);"
    assert finding.evidence["rows"] == ROWS
    assert finding.evidence["dimensions"] == DIMENSIONS
    assert finding.predicted_p95_seconds is not None
    assert finding.predicted_p95_seconds < measured.p95
    assert finding.basis is Rest.ESTIMATED


def test_a_table_with_its_index_has_no_findings(dsn: str, by_cosine: str) -> None:
    assert _measured(dsn, by_cosine).ids == set()


def test_a_small_table_needs_no_index(dsn: str, postgres: Connection) -> None:
    make_chunks(postgres, "few", rows=100, dimensions=32)
    assert measure(plan(32, dsn=dsn, table="few")).ids == set()


def test_an_invalid_index_is_told_from_a_missing_one(dsn: str, chunks: str, postgres: Connection) -> None:
    # Building is broken off until that leaves an index behind, as a deploy that times out does.
    milliseconds = 50
    while not postgres.execute("select from pg_class where relname = 'broken_off'").fetchall():
        milliseconds *= 2
        postgres.execute(f"set statement_timeout = {milliseconds}")
        with pytest.raises(psycopg.errors.QueryCanceled):
            postgres.execute("create index concurrently broken_off on chunks using hnsw (embedding vector_cosine_ops)")
    postgres.execute("set statement_timeout = 0")
    try:
        measured = _measured(dsn, chunks)
        finding = measured.one("invalid_index")
        assert measured.ids == {"invalid_index"}
        assert finding.fix == "REINDEX INDEX CONCURRENTLY broken_off;"
        postgres.execute(finding.fix)
        assert _measured(dsn, chunks).ids == set()
    finally:
        postgres.execute("drop index broken_off")


def test_an_index_for_another_distance_is_named_with_the_one_it_should_be(
    dsn: str, chunks: str, postgres: Connection
) -> None:
    postgres.execute("create index by_l1 on chunks using ivfflat (embedding vector_l2_ops) with (lists = 20)")
    try:
        measured = _measured(dsn, chunks)
        finding = measured.one("operator_class")
        assert measured.ids == {"operator_class"}
        assert finding.evidence["operator_class"] == "vector_l2_ops"
        assert (finding.evidence["index_operators"], finding.evidence["operator"]) == (["<->"], "<=>")
        assert "vector_cosine_ops" in finding.fix
        assert _measured(dsn, chunks, distance="l2").ids == set()
    finally:
        postgres.execute("drop index by_l1")


def test_an_index_that_the_plan_passes_by_is_named_with_the_reason(dsn: str, chunks: str, postgres: Connection) -> None:
    postgres.execute("create index partial on chunks using hnsw (embedding vector_cosine_ops) where tenant < 5")
    try:
        measured = _measured(dsn, chunks)
        finding = measured.one("index_passed_by")
        assert measured.ids == {"index_passed_by"}
        assert "it holds only rows where tenant < 5" in finding.says
        assert _measured(dsn, chunks, where="tenant < 5").ids == set()
    finally:
        postgres.execute("drop index partial")


def test_a_filter_starves_the_index_and_an_iterative_scan_feeds_it(dsn: str, by_cosine: str) -> None:
    # One tenant of fifty has 250 rows; of the 40 that the index looks at, few are among them.
    starved = _measured(dsn, by_cosine, where="tenant = 3")
    finding = starved.one("starved_search")
    assert finding.evidence["wanted"] == 10
    assert finding.evidence["returned_p50"] < 10
    assert 0.01 < finding.evidence["selectivity"] < 0.04
    assert finding.fix == "SET hnsw.iterative_scan = strict_order;"
    # More rows cost more time, and the prediction does not hide it.
    assert finding.predicted_p95_seconds is not None
    assert finding.predicted_p95_seconds > starved.p95
    fed = _measured(dsn, by_cosine, where="tenant = 3", settings={"hnsw.iterative_scan": "strict_order"})
    assert "starved_search" not in fed.ids


def test_more_rows_than_the_search_list_holds_do_not_come(dsn: str, by_cosine: str) -> None:
    short = _measured(dsn, by_cosine, top_k=200)
    finding = short.one("starved_search")
    assert (finding.evidence["returned_p50"], finding.evidence["wanted"]) == (40, 200)
    assert finding.fix == "SET hnsw.ef_search = 200;"
    assert "starved_search" not in _measured(dsn, by_cosine, top_k=200, settings={"hnsw.ef_search": 200}).ids


def test_a_condition_that_few_rows_pass_wants_an_index_of_its_own(dsn: str, chunks: str) -> None:
    finding = _measured(dsn, chunks, where="tenant = 3").one("condition_unindexed")
    assert finding.fix == "CREATE INDEX CONCURRENTLY ON chunks (tenant);"
    assert finding.evidence["matching_rows"] == pytest.approx(250, rel=0.3)


def test_an_index_proposed_for_a_search_with_a_condition_comes_with_a_scan_that_goes_on(
    dsn: str, chunks: str, postgres: Connection
) -> None:
    # 7 tenants of fifty are 14 % of the rows: the forty nearest hold 5 or 6 of them, and ten are asked for.
    command, *settings = _measured(dsn, chunks, where="tenant < 7").one("missing_index").fix.splitlines()
    assert settings == ["SET hnsw.iterative_scan = strict_order;"]
    postgres.execute(command)
    try:
        assert "starved_search" in _measured(dsn, chunks, where="tenant < 7").ids
        iterative = _measured(dsn, chunks, where="tenant < 7", settings={"hnsw.iterative_scan": "strict_order"})
        assert iterative.ids == set()
    finally:
        postgres.execute("drop index chunks_embedding_idx")


def test_a_lock_that_somebody_holds_is_named_with_who_holds_it(dsn: str, by_cosine: str, postgres: Connection) -> None:
    """After ten queries a migration takes the table for as long as three hundred milliseconds, and then commits."""
    at_work: list[Thread] = []

    def migrate(done: int, _of: int) -> None:
        if done != 10:
            return
        holder = psycopg.connect(dsn, application_name="nightly migration")
        holder.execute("lock table indexed.chunks in access exclusive mode")

        def release() -> None:
            with holder:
                while not postgres.execute(
                    "select from pg_locks where not granted and clock_timestamp() - waitstart > interval '300 ms'"
                ).fetchall():
                    pass

        at_work.append(Thread(target=release))
        at_work[0].start()

    measured = measure(plan(DIMENSIONS, dsn=dsn, table=by_cosine), progress=migrate)
    at_work[0].join()
    finding = measured.one("lock_waits")
    assert measured.ids == {"lock_waits"}
    assert finding.evidence["queries_waiting"] == 1
    assert finding.evidence["relation"] == "indexed.chunks"
    assert finding.evidence["holder_application"] == "nightly migration"
    assert finding.evidence["waited_max_seconds"] > 0.2
    assert "commit at once" in finding.fix
    # It is slow in the tail and nowhere else: there is no bottleneck in the middle that the lock would explain.
    slowest = max(query.latency_ns for query in measured.run.successes) / 1e9
    assert slowest > 0.3
    assert slowest - finding.evidence["waited_max_seconds"] < slowest / 2


def test_vectors_too_long_for_an_index_are_indexed_at_half_the_precision(dsn: str, postgres: Connection) -> None:
    make_chunks(postgres, "long", rows=1000, dimensions=2100)
    finding = measure(plan(2100, dsn=dsn, table="long")).one("missing_index")
    command, _, query = finding.fix.partition(" and order by ")
    assert "(embedding::halfvec(2100)) halfvec_cosine_ops" in command
    assert query == "(embedding::halfvec(2100)) <=> …::halfvec(2100)"
    postgres.execute(command)


def test_the_index_that_is_proposed_is_used_and_takes_about_the_work_that_was_predicted(
    dsn: str, postgres: Connection
) -> None:
    """Work is counted in pages, of which another load of the machine makes no more and no less.

    A vector of 1,024 numbers fills a page of the index, so there are about as many as vectors visited. The estimate is
    pgvector's own, of a list of candidates that is all gone through; where texts lie in clusters it is rather too high.
    """
    make_chunks(postgres, "proposed", rows=8_000, dimensions=1024)
    search = VectorSearch("proposed", "id", "embedding", Distance.COSINE, k=10).statement()
    questions = [{"embedding": as_text(vector)} for vector in vectors(20, 1024, seed=11)]

    def usual_pages() -> float:
        ran = [executed(postgres, search, question) for question in questions]
        return median(one.pages_hit + one.pages_read for one in ran)

    finding = measure(plan(1024, dsn=dsn, table="proposed")).one("missing_index")
    predicted = finding.evidence["vectors_visited"]
    assert usual_pages() > 8_000
    postgres.execute(finding.fix)
    assert "missing_index" not in measure(plan(1024, dsn=dsn, table="proposed")).ids
    assert predicted / 3 < usual_pages() < 1.5 * predicted
