"""The retrieval reads every row because no vector index serves its order: none there, one invalid, one for another
operator. Three findings that have the prediction in common; this is the part in common.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from llmaudit.replay.findings import hnsw
from llmaudit.replay.findings.finding import Finding, ProbeInput, Rest
from llmaudit.replay.findings.measured import median, predicted_p95_seconds, seconds, spans
from llmaudit.replay.postgres.facts import Index, SearchFacts

_INDEXABLE = {"vector": 2_000, "halfvec": 4_000}
"""Dimensions that HNSW and IVFFlat take (pgvector 0.8 README, read 2026-11-27)."""


def scanned(seen: ProbeInput) -> SearchFacts | None:
    """The search, where every row that passes its condition is given a distance and sorted."""
    facts = seen.search
    return facts if facts is not None and facts.plan.sorted and facts.rows else None


def serving(facts: SearchFacts) -> list[Index]:
    """The indexes of the column that could order by the operator of the search, valid or not."""
    return [index for index in facts.indexes if facts.search.distance.operator in index.operators]


def report(
    seen: ProbeInput, facts: SearchFacts, id: str, reason: str, fix: str, evidence: Mapping[str, Any]
) -> Iterator[Finding]:
    """The finding, unless an index would hardly help."""
    measured = [seconds(span) for span in spans(seen.run, "retrieval") if hnsw.searches(span, facts.search.table)]
    if not measured:
        return
    before = median(measured)
    visited = hnsw.visited(facts)
    after = min(before, hnsw.seconds(facts))
    # Of a small table an index visits most rows too, and a scan is over before anybody notices.
    if after > hnsw.WORTHWHILE * before or 2 * visited > facts.rows:
        return
    scan = "sequential scan" if facts.plan.scan == "Seq Scan" else facts.plan.scan.lower()
    yield Finding(
        id=id,
        stage="retrieval",
        says=f"{scan} of {facts.rows:,} rows of {facts.search.table}: {reason}",
        evidence={
            "table": facts.search.table,
            "rows": facts.rows,
            "matching_rows": facts.matching_rows,
            "dimensions": facts.dimensions,
            "operator": facts.search.distance.operator,
            "plan": facts.plan.scan,
            **evidence,
            **ran(facts),
            "retrieval_p50_seconds": before,
            "predicted_retrieval_p50_seconds": after,
            "vectors_visited": round(visited),
            "round_trip_seconds": facts.pace.round_trip_seconds,
            "distance_nanoseconds": 1e9 * facts.pace.distance_seconds,
        },
        # A new index would look at as few rows as any: under a condition it has to look on.
        fix=f"{fix}\n{hnsw.iterative_scan(facts)}" if hnsw.lengthened(facts) > 1 else fix,
        predicted_p95_seconds=predicted_p95_seconds(seen.run, "retrieval", hnsw.Scaled(facts, before, after)),
        basis=Rest.ESTIMATED,
    )


def ran(facts: SearchFacts) -> dict[str, Any]:
    """What `EXPLAIN ANALYZE` saw, where that was asked for."""
    if facts.execution is None:
        return {}
    return {
        "analyzed_planning_seconds": facts.execution.planning_seconds,
        "analyzed_execution_seconds": facts.execution.execution_seconds,
        "analyzed_pages_from_cache": facts.execution.pages_hit,
        "analyzed_pages_fetched": facts.execution.pages_read,
    }


def create_index(facts: SearchFacts) -> str:
    """The command that makes the index; for vectors too long for it, with the change to the query that it needs."""
    search, kind = facts.search, facts.search.vector_type
    column = search.embedding
    if facts.dimensions <= _INDEXABLE[kind] and facts.column.dimensions is not None:
        return _create(search.table, column, search.distance.operator_class(kind))
    if facts.dimensions > _INDEXABLE["halfvec"]:
        return (
            f"vectors of {facts.dimensions:,} dimensions cannot be indexed (halfvec: up to 4,000): "
            "embed with fewer dimensions, or index binary_quantize() and rerank by the full vectors"
        )
    cast = "halfvec" if facts.dimensions > _INDEXABLE[kind] else kind
    expression = f"({column}::{cast}({facts.dimensions}))"
    command = _create(search.table, expression, search.distance.operator_class(cast))
    return f"{command} and order by {expression} {search.distance.operator} …::{cast}({facts.dimensions})"


def _create(table: str, key: str, operator_class: str) -> str:
    return f"CREATE INDEX CONCURRENTLY ON {table} USING hnsw ({key} {operator_class});"
