"""What is known about a query beside its hand-written stages while it runs, and how it comes together in the end.

Instrumentation tells of starts and ends and sits around nothing, so a request has to look for the work it belongs to.
"""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from llmaudit.replay.span import Span
from llmaudit.replay.stage import Recorder, current, recorder, stage
from llmaudit.replay.telemetry.piece import WRITTEN, Candidate, Piece, settled

Place = tuple[int, int | None]
"""The thread, and the task if there is one."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that was not answered as asked, and may be tried again. `status` is None where there was no answer.

    `own` is the stage that the request was for itself; None where it belongs to another.
    """

    end_ns: int
    status: int | None
    retry_after_seconds: float | None
    own: stage | None


@dataclass(frozen=True, slots=True)
class Work:
    """What an instrumentation (`teller`) has told the start of: where, and inside which hand-written stage.

    `unfinished` is its span if it never ends.
    """

    span_id: int
    teller: str
    start_ns: int
    place: Place
    written: stage | None
    unfinished: Callable[[int], Span]


@dataclass(eq=False, slots=True)
class Watch:
    """One query's. `tellers` and `candidates` are those of spans, by id; `requests` counts those to others.

    `tokens` are those that answers said they used, by span and attribute.
    """

    open_work: dict[int, Work] = field(default_factory=dict)
    refusals: dict[tuple[str, str, int], Refusal] = field(default_factory=dict)
    tellers: dict[int, str] = field(default_factory=dict)
    candidates: dict[int, tuple[Candidate, ...]] = field(default_factory=dict)
    requests: int = 0
    tokens: dict[tuple[int, str], int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def around(self, teller: str) -> tuple[Candidate, ...]:
        """The open work of other tellers that something beginning here may belong to, the likeliest first.

        It is work inside the same hand-written stage, told by this thread and task, or by a thread that only tells
        (frameworks call their listeners from one while a task does the work). What it is and whether it is anything,
        most say only when it ends.
        """
        written, here = current(), place()
        with self.lock:
            found = [
                work
                for work in self.open_work.values()
                if work.teller != teller
                and work.written is written
                and (work.place == here or (work.place[1] is None and here[1] is not None))
            ]
        found.sort(key=lambda work: (work.place == here, work.start_ns), reverse=True)
        return tuple(Candidate(work.span_id, work.place == here) for work in found)

    def told(self, span_id: int, teller: str, candidates: tuple[Candidate, ...] = ()) -> None:
        """Somebody who is not the author of the application told of this span."""
        self.tellers[span_id] = teller
        if candidates:
            self.candidates[span_id] = candidates

    def settled(self, spans: tuple[Span, ...], now_ns: int) -> tuple[Span, ...]:
        """The stages that everything told about this query comes to; what has not ended yet timed out now."""
        if not self.tellers:
            return spans
        with self.lock:
            late = [work.unfinished(now_ns) for work in self.open_work.values()]
        return settled(
            Piece(span, self.tellers.get(span.span_id, WRITTEN), self.candidates.get(span.span_id, ()))
            for span in (*spans, *late)
        )


_watches: "WeakKeyDictionary[Recorder, Watch]" = WeakKeyDictionary()
_lock = threading.Lock()


def watch() -> tuple[Recorder, Watch] | None:
    """The query that is being measured here; None where nobody is measuring."""
    taking = recorder()
    return None if taking is None else (taking, watch_of(taking))


def watch_of(taking: Recorder) -> Watch:
    """What is known about the query that somebody takes down."""
    with _lock:
        known = _watches.get(taking)
        if known is None:
            known = _watches[taking] = Watch()
            taking.settle = known.settled
        return known


def place() -> Place:
    """Where this code runs."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return threading.get_ident(), None if task is None else id(task)
