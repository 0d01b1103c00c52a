"""A condition that few rows pass, and a scan that reads all of them to find those: filter first."""

from collections.abc import Iterator

from llmaudit.replay.findings import hnsw
from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput, Rest
from llmaudit.replay.findings.measured import median, percent, predicted_p95_seconds, seconds, spans
from llmaudit.replay.findings.vector_index import ran, scanned

_FEW = 0.1
"""Above this share of the rows an index over the columns of a condition spares too little."""


def _look(seen: ProbeInput) -> Iterator[Finding]:
    facts = scanned(seen)
    if facts is None or facts.search.where is None or facts.plan.scan != "Seq Scan" or facts.selectivity > _FEW:
        return
    searches = [span for span in spans(seen.run, "retrieval") if hnsw.searches(span, facts.search.table)]
    columns = _columns(facts.search.where)
    if not searches or not columns:
        return
    before = median([seconds(span) for span in searches])
    round_trip = min(facts.pace.round_trip_seconds, before)
    after = round_trip + (before - round_trip) * facts.selectivity
    if after > hnsw.WORTHWHILE * before:
        return
    yield Finding(
        id=PROBE.id,
        stage="retrieval",
        says=f"all {facts.rows:,} rows of {facts.search.table} are read to find the {facts.matching_rows:,}"
        f" ({percent(facts.selectivity)}) that pass the condition on {', '.join(columns)}",
        evidence={
            "table": facts.search.table,
            "columns": columns,
            "rows": facts.rows,
            "matching_rows": facts.matching_rows,
            "selectivity": facts.selectivity,
            "retrieval_p50_seconds": before,
            "predicted_retrieval_p50_seconds": after,
            **ran(facts),
        },
        fix=f"CREATE INDEX CONCURRENTLY ON {facts.search.table} ({', '.join(columns)});",
        predicted_p95_seconds=predicted_p95_seconds(seen.run, "retrieval", hnsw.Scaled(facts, before, after)),
        basis=Rest.ESTIMATED,
    )


def _columns(condition: str) -> list[str]:
    """The columns that a condition names; none where it is not SQL that we can read."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        parsed = sqlglot.parse_one(condition, dialect="postgres")
    except SqlglotError:
        return []
    return sorted({column.name for column in parsed.find_all(exp.Column)})


PROBE = Probe(
    id="condition_unindexed",
    stage="retrieval",
    looks_at="selectivity of the condition against a scan of the whole table",
    fix="`CREATE INDEX CONCURRENTLY` over the columns of the condition",
    look=_look,
)
