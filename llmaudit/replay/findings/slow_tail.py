"""A stage that is quick as a rule and very slow now and then: the tail is often another stage than the middle."""

from collections.abc import Iterator

from llmaudit.replay.durations import shown_seconds
from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput, Rest
from llmaudit.replay.findings.measured import median, percent, predicted_p95_seconds, seconds, stages, with_queries
from llmaudit.replay.run import Run
from llmaudit.replay.span import Span

_FAR = 5
"""Times the median from which a call is one of the tail."""
_FEW = 0.25
"""A tail is no more than a quarter of the calls; two kinds of call are not a tail."""
_NOTICEABLE = 0.2
"""What a typical slow call costs, as a share of the median answer, from which anybody would notice."""


def _look(seen: ProbeInput) -> Iterator[Finding]:
    answer = median([query.latency_ns / 1e9 for query in seen.run.successes])
    for stage in stages(seen.run):
        found = list(with_queries(seen.run, stage))
        usual = median([seconds(span) for _, span in found])
        far = [(query, span) for query, span in found if seconds(span) > _FAR * usual]
        # One slow query may be a cold start or an accident; a tail comes back.
        queries = {id(query) for query, _ in far}
        if len(queries) < 2 or len(far) > _FEW * len(found):
            continue
        slow = median([seconds(span) for _, span in far])
        if slow < _NOTICEABLE * answer:
            continue
        yield _finding(seen.run, stage, usual, slow, len(far), len(found))


def _finding(run: Run, stage: str, usual: float, slow: float, far: int, calls: int) -> Finding:
    hedged_ns = int(3 * usual * 1e9)

    def hedged(span: Span) -> int:
        return min(span.duration_ns, hedged_ns)

    return Finding(
        id=PROBE.id,
        stage=stage,
        says=f"{percent(far / calls)} of {stage} calls take {slow / usual:.0f} × the median",
        evidence={
            "calls": calls,
            "slow_calls": far,
            "slow_share": far / calls,
            "median_seconds": usual,
            "slow_median_seconds": slow,
            "slow_times_median": slow / usual,
        },
        fix=f"ask again after {shown_seconds(2 * usual)} and take the first answer (a hedged request), or give up then",
        predicted_p95_seconds=predicted_p95_seconds(run, stage, hedged),
        basis=Rest.ESTIMATED,
    )


PROBE = Probe(
    id="slow_tail",
    stage="any",
    looks_at="calls beyond five times the median of their stage",
    fix="a hedged request or a shorter timeout",
    look=_look,
)
