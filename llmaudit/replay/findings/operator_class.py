"""A vector index for another distance than the one the query orders by: it cannot be used and nobody is told."""

from collections.abc import Iterator

from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput
from llmaudit.replay.findings.vector_index import create_index, report, scanned, serving


def _look(seen: ProbeInput) -> Iterator[Finding]:
    facts = scanned(seen)
    if facts is None or not facts.indexes or serving(facts):
        return
    index = facts.indexes[0]
    wanted = facts.search.distance.operator
    reason = f"the index {index.name} ({index.operator_class}) orders by {' '.join(index.operators)}, not by {wanted}"
    evidence = {"index": index.name, "operator_class": index.operator_class, "index_operators": list(index.operators)}
    yield from report(seen, facts, PROBE.id, reason, create_index(facts), evidence)


PROBE = Probe(
    id="operator_class",
    stage="retrieval",
    looks_at="the operators that the indexes can order by, against the operator of the query",
    fix="`CREATE INDEX CONCURRENTLY …` with the operator class of the query",
    look=_look,
)
