"""Time spent waiting because a provider said 429, which looks like a slow stage and is not one."""

from collections import defaultdict
from collections.abc import Iterator

from llmaudit.replay.attributes import RETRY_AFTER_SECONDS, STATUS_CODE
from llmaudit.replay.durations import shown_seconds
from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput, Rest
from llmaudit.replay.findings.measured import number, predicted_p95_seconds, seconds
from llmaudit.replay.labels import RETRY
from llmaudit.replay.run import QueryRun
from llmaudit.replay.span import Span

_TOO_MANY_REQUESTS = 429


def _look(seen: ProbeInput) -> Iterator[Finding]:
    answered = seen.run.successes
    waits: defaultdict[str, list[tuple[int, Span]]] = defaultdict(list)
    for place, query in enumerate(answered):
        for span in query.spans:
            if _refused(span):
                waits[_waiting(query, span)].append((place, span))
    for stage, found in sorted(waits.items()):
        queries = len({place for place, _ in found})
        waited = [seconds(span) for _, span in found]
        asked = [after for _, span in found if (after := number(span, RETRY_AFTER_SECONDS)) is not None]
        yield Finding(
            id=PROBE.id,
            stage=stage,
            says=f"{stage} was refused with 429 in {queries} of {len(answered)} queries and waited up to"
            f" {shown_seconds(max(waited))} for the next try: that is the provider's limit, not its speed",
            evidence={
                "queries": len(answered),
                "queries_limited": queries,
                "limited_share": queries / len(answered),
                "refusals": len(found),
                "waited_seconds": sum(waited),
                "waited_max_seconds": max(waited),
                "retry_after_max_seconds": max(asked, default=None),
            },
            fix="send fewer requests at a time, several inputs per request, or have the rate limit raised",
            predicted_p95_seconds=predicted_p95_seconds(
                seen.run, RETRY, lambda span: 0 if _refused(span) else span.duration_ns
            ),
            basis=Rest.MEASURED,
        )


def _refused(span: Span) -> bool:
    return span.stage == RETRY and span.attributes.get(STATUS_CODE) == _TOO_MANY_REQUESTS


def _waiting(query: QueryRun, wait: Span) -> str:
    """The stage that waited: the one around the wait, else the one that was tried again after it."""
    around = next((span.stage for span in query.spans if span.span_id == wait.parent_id), None)
    after = [span for span in query.spans if span.start_ns >= wait.end_ns and span.parent_id == wait.parent_id]
    return around or min(after, key=lambda span: span.start_ns, default=wait).stage


PROBE = Probe(
    id="rate_limited",
    stage="any",
    looks_at="429 answers, `Retry-After`, the time until the next try",
    fix="fewer requests at a time, batches, a higher limit",
    look=_look,
)
