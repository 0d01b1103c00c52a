"""A vector index that PostgreSQL does not use, because building it was broken off or has not finished."""

from collections.abc import Iterator

from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput
from llmaudit.replay.findings.vector_index import report, scanned, serving


def _look(seen: ProbeInput) -> Iterator[Finding]:
    facts = scanned(seen)
    if facts is None or any(index.valid for index in serving(facts)):
        return
    for index in serving(facts):
        if index.in_progress:
            reason, fix = f"the index {index.name} is still being built", "wait for it: pg_stat_progress_create_index"
        else:
            reason = f"the index {index.name} is invalid, since building it was broken off"
            fix = f"REINDEX INDEX CONCURRENTLY {index.written};"
        evidence = {"index": index.name, "method": index.method, "in_progress": index.in_progress}
        yield from report(seen, facts, PROBE.id, reason, fix, evidence)


PROBE = Probe(
    id="invalid_index",
    stage="retrieval",
    looks_at="`indisvalid` and `indisready` of the indexes that could serve the query",
    fix="`REINDEX INDEX CONCURRENTLY …`, or wait while it is being built",
    look=_look,
)
