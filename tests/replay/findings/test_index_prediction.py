"""What a vector index would bring, worked by hand from what PostgreSQL said: no server, and so no time of one."""

from __future__ import annotations

from typing import Any

import pytest

from llmaudit.replay.findings import Finding, hnsw
from llmaudit.replay.findings.measured import p95_seconds
from llmaudit.replay.postgres.facts import Column, Pace, SearchFacts
from llmaudit.replay.postgres.plan import Plan
from llmaudit.replay.postgres.search import Distance, VectorSearch
from tests.replay.findings.made import Part, query, run, seen

SEARCH = VectorSearch("chunks", "id", "embedding", Distance.COSINE, k=10)
COLUMN = Column("vector", 192, "r", True, 50_000_000, "external", "0.8.0")
EVERY_ROW = Plan("Seq Scan", None, 0, sorted=True)
PACE = Pace(round_trip_seconds=0.001, distance_seconds=0.000_001)


def _facts(rows: int, matching_rows: int | None = None) -> SearchFacts:
    return SearchFacts(SEARCH, COLUMN, 192, (), EVERY_ROW, rows, matching_rows or rows, {}, PACE)


def _found(facts: SearchFacts, *retrievals: float, **attributes: Any) -> list[Finding]:
    """What is found where searches took so many milliseconds, and every answer 50 more."""
    queries = [
        query(Part("retrieval", each, attributes), Part("generation", 50), id=str(number), start=1_000 * number)
        for number, each in enumerate(retrievals)
    ]
    return seen("missing_index", run(*queries), search=facts)


@pytest.mark.parametrize(
    ("rows", "ef_search", "visited"),
    [
        # ln 70,000 / ln 16 = 4.02377: 4 layers of 16, and 2 x 16 x 40 x 0.55 x 4.02377 / (1 + ln 40 = 4.68888).
        (70_000, 40, 64 + 604.14),
        # ln 1,000 / ln 16 = 2.49145: 2 layers.
        (1_000, 40, 32 + 374.07),
        # Four times the list: 0.55 x 4.02377 / (1 + ln 160 = 6.07517) of 2 x 16 x 160.
        (70_000, 160, 64 + 1865.12),
        (100, 40, 100),  # never more than there are
        (1, 40, 1),
    ],
)
def test_as_many_vectors_are_visited_as_pgvector_estimates(rows: int, ef_search: int, visited: float) -> None:
    assert hnsw.visits(rows, ef_search) == pytest.approx(visited, abs=0.01)


def test_work_shrinks_and_the_round_trip_and_slow_searches_stay() -> None:
    """668.14 visits of five microseconds are 3.3407 ms, and with the round trip 4.3407.

    Usually 101 ms: 100 of work become 3.3407. The p95 of twenty is one of the two that worked 200 ms: 6.6814 of work,
    the round trip of 1, and 50 for the answer.
    """
    (finding,) = _found(_facts(70_000), *[101] * 18, *[201] * 2)
    assert finding.evidence["vectors_visited"] == 668
    assert finding.evidence["retrieval_p50_seconds"] == 0.101
    assert finding.evidence["predicted_retrieval_p50_seconds"] == pytest.approx(0.0043407, abs=1e-7)
    assert finding.predicted_p95_seconds == pytest.approx(0.0576814, abs=1e-6)


def test_under_a_condition_the_index_looks_on_until_enough_rows_pass() -> None:
    """One row in ten passes: 100 of the nearest hold ten of them, two and a half search lists of 40."""
    (finding,) = _found(_facts(70_000, matching_rows=7_000), 101)
    assert finding.evidence["vectors_visited"] == 1_670
    # 1,670.35 visits of five microseconds, the round trip, and 50 ms for the answer.
    assert finding.predicted_p95_seconds == pytest.approx(0.0593517, abs=1e-6)


@pytest.mark.parametrize(
    ("rows", "milliseconds", "proposed"),
    [
        # 4.3407 ms are four fifths of 5.4259.
        (70_000, 5.43, True),
        (70_000, 5.42, False),
        # Of 1,000 rows the index visits 406, of 700 it would visit 387.
        (1_000, 101, True),
        (700, 101, False),
    ],
)
def test_an_index_that_would_hardly_help_is_not_proposed(rows: int, milliseconds: float, proposed: bool) -> None:
    assert bool(_found(_facts(rows), milliseconds)) is proposed


def test_searches_of_another_table_stay_as_long_as_they_were() -> None:
    said = {"db.collection.name": "elsewhere"}
    queries = [query(Part("retrieval", 101), Part("retrieval", 300, said), id="q")]
    (finding,) = seen("missing_index", run(*queries), search=_facts(70_000))
    assert p95_seconds(run(*queries)) == 0.401
    assert finding.predicted_p95_seconds == pytest.approx(0.3043407, abs=1e-6)
