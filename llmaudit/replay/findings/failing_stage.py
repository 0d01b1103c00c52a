"""A stage that raises, or hangs until nobody waits any longer: no percentile holds their time, so it is told here."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput
from llmaudit.replay.span import Span, Status
from llmaudit.replay.stage_spans import began_failing

_FIXES = {
    Status.ERROR: "see the errors: a retry helps against passing ones, a breaker with a fallback against lasting ones",
    Status.TIMEOUT: "give the stage a timeout of its own, well below that of the answer, and a fallback",
}


def _look(seen: ProbeInput) -> Iterator[Finding]:
    measured = seen.run.measured
    failed: defaultdict[tuple[str, Status], list[Span]] = defaultdict(list)
    for query in measured:
        for stage, status in {(span.stage, span.status) for span in began_failing(query)}:
            failed[stage, status] += [
                span for span in began_failing(query) if (span.stage, span.status) == (stage, status)
            ][:1]
    for (stage, status), spans in sorted(failed.items()):
        verb = "raises" if status is Status.ERROR else "does not come back"
        yield Finding(
            id=PROBE.id,
            stage=stage,
            says=f"{stage} {verb} in {len(spans)} of {len(measured)} queries",
            evidence={
                "queries": len(measured),
                "failed_queries": len(spans),
                "failed_share": len(spans) / len(measured),
                "ended": status.value,
                "error_types": dict(Counter(span.error_type for span in spans if span.error_type is not None)),
            },
            fix=_FIXES[status],
            # What the answer would have taken without the failure, nobody knows.
            predicted_p95_seconds=None,
            basis=None,
        )


PROBE = Probe(
    id="failing_stage",
    stage="any",
    looks_at="errors and timeouts, where they began",
    fix="retries, timeouts per stage, a breaker with a fallback",
    look=_look,
    needs_answers=False,
)
