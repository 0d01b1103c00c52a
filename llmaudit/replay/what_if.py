"""What a run would have looked like if the work of a stage had taken another time.

What depended on what is read off the recording: work starts after all work beside it that had ended by then, at the
distance it had from the last of it; the work around it ends after its last part, again at the distance it had. With the
durations as they were, every query comes out exactly as recorded, and no work made shorter makes a query longer.

A limit on queries at a time is not replayed: who waited to start waits as long as before.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from llmaudit.replay.critical_path import children
from llmaudit.replay.run import QueryRun, Run
from llmaudit.replay.span import Span

Duration = Callable[[Span], int]
"""How many nanoseconds a span would have taken."""


def with_stage(run: Run, stage: str, duration: Duration) -> Run:
    """The run in which every span of the stage took `duration` of it. What happened inside such a span is gone."""
    return replaced(run, {stage: duration})


def replaced(run: Run, durations: Mapping[str, Duration]) -> Run:
    """The same for several stages at once; of spans inside each other the outermost is replaced."""
    return replace(run, queries=tuple(_query(query, durations) for query in run.queries))


def _query(query: QueryRun, durations: Mapping[str, Duration]) -> QueryRun:
    again = _Again(query.spans, durations)
    end_ns = again.laid_out(None, query.start_ns, query.end_ns, query.start_ns)
    spans = tuple(sorted(again.spans, key=lambda span: (span.start_ns, span.span_id)))
    return replace(query, end_ns=end_ns, spans=spans)


class _Again:
    """The spans of one query, laid out again."""

    def __init__(self, spans: Sequence[Span], durations: Mapping[str, Duration]) -> None:
        self._inside = children(spans)
        self._durations = durations
        self.spans: list[Span] = []

    def laid_out(self, span_id: int | None, start_ns: int, end_ns: int, new_start_ns: int) -> int:
        """Lays out the parts of some work that now starts at `new_start_ns`; when it ends comes back."""
        parts = sorted(self._inside.get(span_id, ()), key=lambda span: (span.start_ns, span.end_ns, span.span_id))
        by_end = sorted(parts, key=lambda span: span.end_ns)
        moved: dict[int, int] = {}
        done = 0
        free_ns, new_free_ns = start_ns, new_start_ns
        for part in parts:
            while by_end[done].end_ns <= part.start_ns and by_end[done].span_id in moved:
                free_ns, new_free_ns = by_end[done].end_ns, max(new_free_ns, moved[by_end[done].span_id])
                done += 1
            moved[part.span_id] = self._moved(part, new_free_ns + (part.start_ns - free_ns))
        # A part that outlived the work around it (nobody waited for it) does not hold up its end.
        waited_for = [part for part in parts if part.end_ns <= end_ns]
        last_ns = max((part.end_ns for part in waited_for), default=start_ns)
        new_last_ns = max((moved[part.span_id] for part in waited_for), default=new_start_ns)
        return new_last_ns + (end_ns - last_ns)

    def _moved(self, span: Span, new_start_ns: int) -> int:
        duration = self._durations.get(span.stage)
        if duration is not None:
            end_ns = new_start_ns + max(0, duration(span))
        else:
            end_ns = self.laid_out(span.span_id, span.start_ns, span.end_ns, new_start_ns)
        self.spans.append(replace(span, start_ns=new_start_ns, end_ns=max(end_ns, new_start_ns)))
        return max(end_ns, new_start_ns)
