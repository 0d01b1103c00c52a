"""Which stage the wall clock was waiting for, at every moment of a query.

Stages that run side by side take less time than their sum: two branches of 100 ms each make 100 ms of waiting. The
critical path goes back from the end of the query: at every moment it belongs to the work that ended last before it, and
inside that to the part that ended last, so that its pieces follow each other without gap or overlap and add up to the
whole, to the nanosecond. (The method of Uber's CRISP, USENIX ATC 2022; unlike there, a gap goes to work that was still
going on in it, if there was any.)
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from llmaudit.replay.run import QueryRun
from llmaudit.replay.span import Span

NO_STAGE = "(no stage)"
"""Time of a query in which no stage was open."""
WAITING = "(waiting to start)"
"""From when a query should have started until it did: only in an open loop."""


def by_stage(query: QueryRun) -> dict[str, int]:
    """The nanoseconds of the query's latency that went to each stage; they add up to `query.latency_ns`."""
    shares: defaultdict[str, int] = defaultdict(int)
    if query.start_ns > query.intended_start_ns:
        shares[WAITING] = query.start_ns - query.intended_start_ns
    for stage, start, end in pieces(query):
        shares[stage] += end - start
    return dict(shares)


def pieces(query: QueryRun) -> Iterator[tuple[str, int, int]]:
    """Stage, start and end of every piece of the path, the last first."""
    inside = children(query.spans)
    # Each entry is a window of some work that the path runs through; windows are disjoint, so their order is free.
    windows: list[tuple[Span | None, int, int]] = [(None, query.start_ns, query.end_ns)]
    while windows:
        work, start, now = windows.pop()
        stage = NO_STAGE if work is None else work.stage
        parts = inside.get(None if work is None else work.span_id, ())
        while start < now:
            ended, going = _ended_last(parts, start, now), _going_on(parts, now)
            since = start if ended is None else ended.end_ns
            if ended is not None and since == now:
                part, since = ended, max(ended.start_ns, start)
            elif going is not None:
                part, since = going, max(going.start_ns, since)
            else:
                yield stage, since, now
                now = since
                continue
            windows.append((part, since, now))
            now = since


def children(spans: Sequence[Span]) -> Mapping[int | None, list[Span]]:
    """The spans inside each span. Those whose parent was not recorded are inside the query (None)."""
    known = {span.span_id for span in spans}
    inside: defaultdict[int | None, list[Span]] = defaultdict(list)
    for span in spans:
        inside[span.parent_id if span.parent_id in known else None].append(span)
    return inside


def _ended_last(parts: Sequence[Span], start: int, now: int) -> Span | None:
    """The part that ended last until now; of several the one that began first."""
    ended = [span for span in parts if start < span.end_ns <= now and span.duration_ns]
    return max(ended, key=lambda span: (span.end_ns, -span.start_ns, -span.span_id), default=None)


def _going_on(parts: Sequence[Span], now: int) -> Span | None:
    """The part that was at work before now and went on after it: nobody waited for its end, but it did something."""
    going = [span for span in parts if span.start_ns < now < span.end_ns]
    return min(going, key=lambda span: (span.start_ns, span.span_id), default=None)
