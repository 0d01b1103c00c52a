"""Time spent waiting because a provider said 429, which looks like a slow stage and is not one."""

from collections.abc import Iterator

from llmaudit.replay.attributes import RATE_LIMITED, RETRY_WAIT_SECONDS
from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput, Rest
from llmaudit.replay.findings.measured import number, predicted_p95_seconds, seconds, stages, with_queries
from llmaudit.replay.span import Span


def _look(seen: ProbeInput) -> Iterator[Finding]:
    for stage in stages(seen.run):
        found = list(with_queries(seen.run, stage))
        limited = [(query, span) for query, span in found if number(span, RATE_LIMITED)]
        if not limited:
            continue
        waits = [number(span, RETRY_WAIT_SECONDS) or 0.0 for _, span in limited]
        share = len(limited) / len(found)
        yield Finding(
            id=PROBE.id,
            stage=stage,
            says=f"{share:.0%} of {stage} calls were refused with 429 first and waited up to {max(waits):.3g} s: "
            "that is the provider's limit, not its speed",
            evidence={
                "calls": len(found),
                "rate_limited_calls": len(limited),
                "rate_limited_share": share,
                "refusals": sum(int(number(span, RATE_LIMITED) or 0) for _, span in limited),
                "waited_seconds": sum(waits),
                "waited_max_seconds": max(waits),
                "stage_seconds": sum(seconds(span) for _, span in limited),
            },
            fix="send fewer requests at a time, several inputs per request, or have the rate limit raised",
            predicted_p95_seconds=predicted_p95_seconds(seen.run, stage, _without_waits),
            basis=Rest.MEASURED,
        )


def _without_waits(span: Span) -> int:
    return span.duration_ns - int((number(span, RETRY_WAIT_SECONDS) or 0) * 1e9)


PROBE = Probe(
    id="rate_limited",
    stage="any",
    looks_at="429 answers, `Retry-After`, time between tries",
    fix="fewer requests at a time, batches, a higher limit",
    look=_look,
)
