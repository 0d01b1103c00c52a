"""Queries written as lines: `retrieval 0 40`, with what ran inside indented below it. Times are in milliseconds."""

from hypothesis import strategies as st

from llmaudit.replay.run import Outcome, QueryRun, Run
from llmaudit.replay.span import Span, Status

MS = 1_000_000


def query(
    drawn: str, *, end: int | None = None, start: int = 0, intended: int | None = None, **facts: object
) -> QueryRun:
    """The query that the lines draw; it ends with its last span unless `end` says otherwise."""
    spans: list[Span] = []
    open_at: list[tuple[int, int]] = []
    for number, line in enumerate((line for line in drawn.splitlines() if line.strip()), start=1):
        depth = len(line) - len(line.lstrip())
        stage, first, last, *status = line.split()
        while open_at and open_at[-1][0] >= depth:
            open_at.pop()
        parent = open_at[-1][1] if open_at else None
        ended = Status(status[0]) if status else Status.OK
        error = None if ended is Status.OK else "Failure"
        spans.append(Span(number, parent, stage, stage, int(first) * MS, int(last) * MS, ended, error))
        open_at.append((depth, number))
    last_ns = max((span.end_ns for span in spans), default=0) if end is None else end * MS
    told = {"query_id": "q", "round": 1, "warmup": False, "outcome": Outcome.OK} | facts
    intended_ns = (start if intended is None else intended) * MS
    return QueryRun(intended_start_ns=intended_ns, start_ns=start * MS, end_ns=last_ns, spans=tuple(spans), **told)  # type: ignore[arg-type]


def run(*queries: QueryRun) -> Run:
    return Run(queries)


@st.composite
def queries(draw: st.DrawFn) -> QueryRun:
    """Any query: spans of four stages anywhere in it, inside each other or not, some of them over its end."""
    end = draw(st.integers(1, 40))
    spans: list[Span] = []
    for number in range(1, draw(st.integers(0, 9)) + 1):
        parent = draw(st.sampled_from([None, *spans]))
        low, high = (0, end + 5) if parent is None else (parent.start_ns, parent.end_ns + draw(st.integers(0, 3)))
        first = draw(st.integers(low, high))
        last = draw(st.integers(first, high))
        stage = draw(st.sampled_from("abcd"))
        spans.append(Span(number, None if parent is None else parent.span_id, stage, stage, first, last))
    intended = draw(st.integers(-5, 0))
    return QueryRun("q", 1, False, intended, 0, end, Outcome.OK, None, tuple(draw(st.permutations(spans))))
