"""No vector index on the column."""

from collections.abc import Iterator

from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput
from llmaudit.replay.findings.vector_index import create_index, report, scanned


def _look(seen: ProbeInput) -> Iterator[Finding]:
    facts = scanned(seen)
    if facts is not None and not facts.indexes:
        yield from report(seen, facts, PROBE.id, "there is no vector index", create_index(facts), {})


PROBE = Probe(
    id="missing_index",
    stage="retrieval",
    looks_at="indexes of the vector column (HNSW, IVFFlat), `EXPLAIN`, rows, dimensions",
    fix="`CREATE INDEX CONCURRENTLY … USING hnsw (…)` with the operator class of the query",
    look=_look,
)
