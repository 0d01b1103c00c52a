"""A server so far off that the way there and back is a good part of the answer."""

from collections.abc import Iterator, Mapping

from llmaudit.replay.attributes import CONNECT_SECONDS, REQUESTS, SERVER_ADDRESS
from llmaudit.replay.durations import shown_seconds
from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput, Rest
from llmaudit.replay.findings.measured import median, number, p95_seconds
from llmaudit.replay.findings.new_connections import opens
from llmaudit.replay.labels import NETWORK, RETRIEVAL
from llmaudit.replay.run import QueryRun
from llmaudit.replay.span import Span
from llmaudit.replay.what_if import replaced

_DATABASE = "postgresql"
_NOTICEABLE = 0.2
_NEAR_SECONDS = 0.005
"""Nobody is nearer than their own region."""


def _look(seen: ProbeInput) -> Iterator[Finding]:
    round_trips = _round_trips(seen)
    answers = seen.run.successes
    answer = median([query.latency_ns / 1e9 for query in answers])
    for server, seconds in sorted(round_trips.items()):
        times = median([_times(query, server) for query in answers])
        if seconds < _NEAR_SECONDS or times * seconds < _NOTICEABLE * answer:
            continue

        def nearer(span: Span, server: str = server, seconds: float = seconds) -> int:
            return max(0, span.duration_ns - int(_asked(span, server) * seconds * 1e9))

        stages = {span.stage for query in answers for span in query.spans if _asked(span, server)}
        yield Finding(
            id=PROBE.id,
            stage=NETWORK,
            says=f"{server} is {shown_seconds(seconds)} away and asked {times:.0f} times for an answer:"
            f" {shown_seconds(times * seconds)} of {shown_seconds(answer)}",
            evidence={
                "server": server,
                "round_trip_seconds": seconds,
                "requests_p50": times,
                "round_trips_p50_seconds": times * seconds,
                "stages": sorted(stages),
            },
            fix="run in the region of the server, or ask it fewer times",
            predicted_p95_seconds=p95_seconds(replaced(seen.run, dict.fromkeys(stages, nearer))),
            basis=Rest.ESTIMATED,
        )


def _round_trips(seen: ProbeInput) -> Mapping[str, float]:
    """Seconds there and back, by server: opening a connection takes just that, at best."""
    found: dict[str, float] = {}
    for query in seen.run.queries:
        for span in filter(opens, query.spans):
            server, took = str(span.attributes.get(SERVER_ADDRESS)), number(span, CONNECT_SECONDS) or 0.0
            found[server] = min(took, found.get(server, took))
    if seen.search is not None:
        found[_DATABASE] = seen.search.pace.round_trip_seconds
    return found


def _times(query: QueryRun, server: str) -> float:
    return sum(_asked(span, server) for span in query.spans)


def _asked(span: Span, server: str) -> float:
    """How often the work of a span asked the server."""
    if server == _DATABASE:
        return 1 if span.stage == RETRIEVAL and span.attributes.get("db.system.name") == _DATABASE else 0
    return number(span, REQUESTS) or 0.0 if span.attributes.get(SERVER_ADDRESS) == server else 0.0


PROBE = Probe(
    id="far_away",
    stage="network",
    looks_at="the round trip to each server, times the requests of an answer",
    fix="the region of the server, fewer round trips",
    look=_look,
)
