"""Fewer rows than asked for, because an approximate index stops looking before it has found enough of them.

Source: pgvector 0.8 README, "Filtering" and "Iterative Index Scans" (docs.pgedge.com/pgvector/v0-8-0/), read
2026-11-27: the condition is applied to the `ef_search` nearest (HNSW) or to the `probes` nearest lists (IVFFlat), and
what is left is the answer. An iterative scan goes on until there is enough, which takes longer; so the prediction says.
"""

from collections.abc import Iterator

from llmaudit.replay.attributes import DOCUMENTS
from llmaudit.replay.findings import hnsw
from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput, Rest
from llmaudit.replay.findings.measured import median, number, percent, predicted_p95_seconds, seconds, spans
from llmaudit.replay.findings.vector_index import ran
from llmaudit.replay.postgres.facts import Index, SearchFacts
from llmaudit.replay.span import Span

_MAX_EF_SEARCH = 1_000


def _look(seen: ProbeInput) -> Iterator[Finding]:
    facts = seen.search
    index = None if facts is None else next((each for each in facts.indexes if each.name == facts.plan.index), None)
    if facts is None or index is None:
        return
    searches = [span for span in spans(seen.run, "retrieval") if hnsw.searches(span, facts.search.table)]
    returned = [rows for span in searches if (rows := number(span, DOCUMENTS)) is not None]
    # A condition that fewer than k rows pass is answered with all of them; the planner's estimate may be off by half.
    wanted = min(facts.search.k, facts.matching_rows // 2)
    short = [rows for rows in returned if rows < wanted]
    if not short:
        return
    fix, growth = (_filtered if facts.search.where else _unfiltered)(facts, index)
    before = median([seconds(span) for span in searches])
    rows = int(median(returned))
    yield Finding(
        id=PROBE.id,
        stage="retrieval",
        says=f"{percent(len(short) / len(returned))} of searches return fewer rows than the {facts.search.k} asked for"
        f" (usually {rows}): {_why(facts, index)}",
        evidence={
            "index": index.name,
            "method": index.method,
            "wanted": facts.search.k,
            "returned_p50": rows,
            "returned_min": int(min(returned)),
            "short_share": len(short) / len(returned),
            "selectivity": facts.selectivity,
            "matching_rows": facts.matching_rows,
            **{name: value for name, value in facts.settings.items() if name.startswith(index.method)},
            "retrieval_p50_seconds": before,
            **ran(facts),
        },
        fix=fix,
        predicted_p95_seconds=predicted_p95_seconds(seen.run, "retrieval", _Longer(facts, growth)),
        basis=Rest.ESTIMATED,
    )


def _why(facts: SearchFacts, index: Index) -> str:
    if index.method == "hnsw":
        looked_at = f"hnsw.ef_search is {facts.number('hnsw.ef_search', hnsw.EF_SEARCH)}"
    else:
        looked_at = f"{facts.number('ivfflat.probes', 1)} of {index.option('lists', 100)} lists are read"
    return (
        f"{looked_at} and {percent(facts.selectivity)} of rows pass the condition" if facts.search.where else looked_at
    )


def _filtered(facts: SearchFacts, index: Index) -> tuple[str, float]:
    """To look on until enough rows pass; how many times as many vectors that are."""
    if index.method == "ivfflat":
        looked_at = facts.rows * facts.number("ivfflat.probes", 1) / index.option("lists", 100)
        return "SET ivfflat.iterative_scan = relaxed_order;", max(1.0, hnsw.needed(facts) / looked_at)
    return hnsw.iterative_scan(facts), hnsw.lengthened(facts)


def _unfiltered(facts: SearchFacts, index: Index) -> tuple[str, float]:
    """To look at enough from the start; how many times as many vectors that are."""
    k = facts.search.k
    if index.method == "ivfflat":
        per_list = facts.rows / index.option("lists", 100)
        probes = facts.number("ivfflat.probes", 1)
        enough = min(index.option("lists", 100), max(probes + 1, round(2 * k / per_list)))
        return f"SET ivfflat.probes = {enough};", enough / probes
    ef_search = facts.number("hnsw.ef_search", hnsw.EF_SEARCH)
    growth = hnsw.visits(facts.rows, k) / hnsw.visits(facts.rows, ef_search)
    if k > _MAX_EF_SEARCH:
        return f"SET hnsw.ef_search = {_MAX_EF_SEARCH}; SET hnsw.iterative_scan = strict_order;", growth
    return f"SET hnsw.ef_search = {k};", growth


class _Longer:
    """The time beyond the round trip, as many times as long."""

    def __init__(self, facts: SearchFacts, growth: float) -> None:
        self._facts = facts
        self._growth = growth

    def __call__(self, span: Span) -> int:
        if not hnsw.searches(span, self._facts.search.table):
            return span.duration_ns
        floor = min(span.duration_ns, int(self._facts.pace.round_trip_seconds * 1e9))
        return floor + int((span.duration_ns - floor) * self._growth)


PROBE = Probe(
    id="starved_search",
    stage="retrieval",
    looks_at="rows returned against `k`, the selectivity of the condition, `ef_search`, `probes`, iterative scans",
    fix="`SET hnsw.iterative_scan = strict_order`, or `hnsw.ef_search`, `ivfflat.probes` to match `k`",
    look=_look,
)
