"""A valid vector index for the right operator, and a plan that reads every row all the same."""

from collections.abc import Iterator

from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput
from llmaudit.replay.findings.vector_index import report, scanned, serving
from llmaudit.replay.postgres.facts import Index, SearchFacts


def _look(seen: ProbeInput) -> Iterator[Finding]:
    facts = scanned(seen)
    if facts is None:
        return
    for index in serving(facts)[:1]:
        if index.valid:
            reason, fix = _why(facts, index)
            evidence = {"index": index.name, "predicate": index.predicate, "analyzed": facts.column.analyzed}
            yield from report(seen, facts, PROBE.id, f"the index {index.name} is passed by: {reason}", fix, evidence)


def _why(facts: SearchFacts, index: Index) -> tuple[str, str]:
    """What is known to keep a plan from an index, else that it is not known."""
    if not index.on_column:
        return f"it is over {index.expression}", f"order by {index.expression} {facts.search.distance.operator} …"
    if index.predicate is not None:
        return f"it holds only rows where {index.predicate}", "say the same in the query's condition"
    if not facts.column.analyzed:
        return "the table was never analyzed", f"ANALYZE {facts.search.table};"
    return "the planner thinks the scan is cheaper", "SET random_page_cost = 1.1; on storage without seek times"


PROBE = Probe(
    id="index_passed_by",
    stage="retrieval",
    looks_at="a valid index of the right operator class, against what `EXPLAIN` shows",
    fix="what keeps the plan from it: an expression, a partial index, missing statistics, planner costs",
    look=_look,
)
