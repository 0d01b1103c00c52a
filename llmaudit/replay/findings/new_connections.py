"""A connection opened for every query, where one that is kept would do."""

from collections.abc import Iterator, Sequence

from llmaudit.replay.attributes import CONNECT_SECONDS, DNS_SECONDS, SERVER_ADDRESS, TLS_SECONDS
from llmaudit.replay.durations import shown_seconds
from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput, Rest
from llmaudit.replay.findings.measured import median, number, predicted_p95_seconds, seconds
from llmaudit.replay.labels import NETWORK
from llmaudit.replay.span import Span

_OFTEN = 0.2
"""The share of later queries that open one from which it is a habit: a pool replaces a connection now and then."""
_NOTICEABLE = 0.02
"""The share of a median answer that it has to cost."""


def _look(seen: ProbeInput) -> Iterator[Finding]:
    first = min(seen.run.queries, key=lambda query: query.start_ns)
    later = [query for query in seen.run.successes if query is not first]
    opened = [[span for span in query.spans if opens(span)] for query in later]
    opening = [spans for spans in opened if spans]
    if not later or len(opening) < _OFTEN * len(later):
        return
    cost = median([sum(map(seconds, spans)) for spans in opening])
    if cost < _NOTICEABLE * median([query.latency_ns / 1e9 for query in later]):
        return
    spans = [span for found in opening for span in found]
    each = median([seconds(span) for span in spans])
    tls = _median_of(spans, TLS_SECONDS)
    yield Finding(
        id=PROBE.id,
        stage=NETWORK,
        says=f"{len(opening)} of {len(later)} queries open {'a new TLS connection' if tls else 'a new connection'}"
        f"{'' if len(spans) == len(opening) else f' or several ({len(spans) / len(opening):.1f})'}: pool it,"
        f" {shown_seconds(each)} each",
        evidence={
            "queries": len(later),
            "queries_opening": len(opening),
            "connections": len(spans),
            "servers": sorted(
                {str(span.attributes[SERVER_ADDRESS]) for span in spans if SERVER_ADDRESS in span.attributes}
            ),
            "connection_p50_seconds": each,
            "dns_p50_seconds": _median_of(spans, DNS_SECONDS),
            "connect_p50_seconds": _median_of(spans, CONNECT_SECONDS),
            "tls_p50_seconds": tls,
            "per_query_p50_seconds": cost,
        },
        fix="make one client when the process starts and use it for every query: it keeps its connections open",
        predicted_p95_seconds=predicted_p95_seconds(
            seen.run, NETWORK, lambda span: 0 if opens(span) else span.duration_ns
        ),
        basis=Rest.MEASURED,
    )


def opens(span: Span) -> bool:
    """Whether the span is the opening of a connection."""
    return span.stage == NETWORK and CONNECT_SECONDS in span.attributes


def _median_of(spans: Sequence[Span], name: str) -> float | None:
    known = [value for span in spans if (value := number(span, name)) is not None]
    return median(known) if known else None


PROBE = Probe(
    id="new_connections",
    stage="network",
    looks_at="connections opened after the first query: name lookup, connect, TLS",
    fix="one client for the life of the process",
    look=_look,
)
