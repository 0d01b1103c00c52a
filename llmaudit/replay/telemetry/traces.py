"""A run out of traces that were recorded: every trace of a question is a query run, nothing is asked.

A trace holds what the application and everything it called said about one request. Where a framework does not hand
its trace on, the client's instrumentation begins another for the same call; such a trace, told by somebody else and
going on while its work did, is put where it belongs.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from llmaudit.errors import NothingMeasured
from llmaudit.replay import attributes as names
from llmaudit.replay.labels import CACHE, DATABASE, HTTP
from llmaudit.replay.run import Outcome, QueryRun, Run
from llmaudit.replay.span import Span, Status
from llmaudit.replay.telemetry.meaning import facts_of, failure_of, short_name, stage_of
from llmaudit.replay.telemetry.otlp import OtlpSpan, spans
from llmaudit.replay.telemetry.piece import Piece, may_hold, settled

_OF_ANY_REQUEST = frozenset({HTTP, DATABASE, CACHE})


@dataclass(frozen=True, slots=True)
class _Trace:
    trace_id: str
    pieces: tuple[Piece, ...]

    @property
    def roots(self) -> list[Piece]:
        """The pieces that lie in no other of the trace."""
        known = {piece.span.span_id for piece in self.pieces}
        return [piece for piece in self.pieces if piece.span.parent_id not in known]

    @property
    def is_question(self) -> bool:
        """Whether something in it is a stage that not every request has."""
        return any(piece.span.stage and piece.span.stage not in _OF_ANY_REQUEST for piece in self.pieces)


def read(path: Path) -> Run:
    """The run that a file of OTLP is, in the order in which the queries ended.

    Raises ReadError with the line for what is not OTLP, NothingMeasured for a file without a question.
    """
    told = list(spans(path))
    once = {(span.trace_id, span.span_id): span for span in told}
    finished = [span for span in once.values() if span.end_ns is not None]
    traces = _traces(finished)
    questions, joined = _joined([trace for trace in traces if trace.is_question])
    if not questions:
        raise NothingMeasured(
            f"{path}: none of its {len(told)} spans embeds, searches, reranks or generates",
            hint="stages are known by the OpenInference and GenAI conventions, or by an attribute llmaudit.stage",
        )
    queries = sorted((_query(trace) for trace in questions), key=lambda query: (query.end_ns, query.query_id))
    return Run(
        tuple(queries),
        {
            names.SOURCE: "traces",
            names.TRACES: str(path),
            names.SPANS_READ: len(told),
            names.OTHER_TRACES: len(traces) - len(questions) - joined,
            names.JOINED_TRACES: joined,
            names.REPEATED_SPANS: len(told) - len(once),
            names.UNFINISHED_SPANS: len(once) - len(finished),
        },
    )


def _traces(told: Iterable[OtlpSpan]) -> list[_Trace]:
    by_trace: defaultdict[str, list[OtlpSpan]] = defaultdict(list)
    for span in told:
        by_trace[span.trace_id].append(span)
    numbers = count(1)
    return [_Trace(trace_id, _pieces(inside, numbers)) for trace_id, inside in by_trace.items()]


def _pieces(told: Sequence[OtlpSpan], numbers: "count[int]") -> tuple[Piece, ...]:
    ids = {span.span_id: next(numbers) for span in told}
    return tuple(
        Piece(_span(span, ids[span.span_id], ids.get(span.parent_id or "")), span.scope or "(unnamed)") for span in told
    )


def _span(span: OtlpSpan, span_id: int, parent_id: int | None) -> Span:
    stage = None if span.of_server else stage_of(span.attributes)
    status, error_type = failure_of(span.attributes, span.events) if span.failed else (Status.OK, None)
    end_ns = max(span.start_ns, span.end_ns or 0)
    facts = facts_of(stage, span.attributes)
    name = short_name(span.name, stage)
    return Span(span_id, parent_id, stage or "", name, span.start_ns, end_ns, status, error_type, facts)


def _joined(traces: Sequence[_Trace]) -> tuple[list[_Trace], int]:
    """The traces with those that tell of another's work put there, and how many these are."""
    outer = sorted(
        ((piece, trace) for trace in traces for piece in trace.pieces if piece.span.stage),
        key=lambda found: found[0].span.start_ns,
    )
    starts = [piece.span.start_ns for piece, _ in outer]
    longest = max((piece.span.duration_ns for piece, _ in outer), default=0)
    gone: dict[str, _Trace] = {}
    added: defaultdict[str, list[Piece]] = defaultdict(list)
    for trace in sorted(traces, key=lambda trace: min(piece.span.start_ns for piece in trace.pieces)):
        roots = trace.roots
        if len(roots) != 1 or not roots[0].span.stage:
            continue
        root = roots[0]
        first = bisect_left(starts, root.span.start_ns - longest)
        around = [
            (piece.span.duration_ns, piece, home)
            for piece, home in outer[first : bisect_right(starts, root.span.start_ns)]
            if home is not trace and home.trace_id not in gone and _lies_in(root, piece)
        ]
        if around:
            taken = {
                piece.span.parent_id for pieces in added.values() for piece in pieces if piece.teller == root.teller
            }
            _, piece, home = min(
                around, key=lambda each: (each[1].span.span_id in taken, each[0], each[1].span.span_id)
            )
            moved = replace(root, span=replace(root.span, parent_id=piece.span.span_id))
            added[home.trace_id] += [moved if each is root else each for each in trace.pieces]
            gone[trace.trace_id] = trace
    kept = [trace for trace in traces if trace.trace_id not in gone]
    return [replace(trace, pieces=(*trace.pieces, *added[trace.trace_id])) for trace in kept], len(gone)


def _lies_in(inner: Piece, outer: Piece) -> bool:
    """Whether somebody else's work went on inside this one. A call may outlive its own framework's span of it."""
    starts_in = outer.span.start_ns <= inner.span.start_ns <= outer.span.end_ns
    ends_in = inner.span.end_ns <= outer.span.end_ns or inner.span.stage == outer.span.stage
    return outer.teller != inner.teller and starts_in and ends_in and may_hold(outer.span.stage, inner.span.stage)


def _query(trace: _Trace) -> QueryRun:
    roots = [piece.span for piece in trace.roots]
    start_ns, end_ns = min(root.start_ns for root in roots), max(root.end_ns for root in roots)
    failed = next((root for root in roots if root.status is not Status.OK), None)
    return QueryRun(
        query_id=trace.trace_id,
        round=1,
        warmup=False,
        intended_start_ns=start_ns,
        start_ns=start_ns,
        end_ns=end_ns,
        outcome=Outcome.OK if failed is None else Outcome(failed.status.value),
        error_type=None if failed is None else failed.error_type,
        spans=settled(trace.pieces),
    )
