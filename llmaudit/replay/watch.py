"""What is known about a query beside its stages while it runs: who is at work, and which requests were refused.

Instrumentation tells of starts and ends and sits around nothing, so a request has to look for the work it belongs to.
"""

import asyncio
import threading
from collections import Counter
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from llmaudit.replay.stage import Recorder, current, recorder, stage

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


@dataclass(eq=False, slots=True)
class Work:
    """A stage that an instrumentation (`scope`) opened: where, and inside which hand-written one.

    `holds` counts what is going on inside it, by scope.
    """

    at: stage
    scope: str
    place: Place
    written: stage | None
    holds: Counter[str] = field(default_factory=Counter)


@dataclass(eq=False, slots=True)
class Watch:
    """One query's."""

    open_work: list[Work] = field(default_factory=list)
    refusals: dict[tuple[str, str, int], Refusal] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def around(self, label: str | None, scope: str) -> Work | None:
        """The open work of another scope that something beginning here most likely belongs to; None if there is none.

        It is work inside the same hand-written stage, and either of this thread and task, or of this label, or told of
        by a thread that only tells (frameworks call their listeners from one while a task does the work). Of several it
        is the one with nothing of the scope in it yet (of two searches side by side each gets one embedding), the
        newest.
        """
        written, here = current(), place()

        def fits(work: Work) -> bool:
            teller = work.place[1] is None and here[1] is not None
            return work.place == here or work.at.stage == label or teller

        with self.lock:
            candidates = [
                work for work in self.open_work if work.scope != scope and work.written is written and fits(work)
            ]
            return max(
                candidates,
                key=lambda work: (work.place == here, work.at.stage == label, not work.holds[scope], work.at.start_ns),
                default=None,
            )


_watches: "WeakKeyDictionary[Recorder, Watch]" = WeakKeyDictionary()
_lock = threading.Lock()


def watch() -> tuple[Recorder, Watch] | None:
    """The query that is being measured here; None where nobody is measuring."""
    taking = recorder()
    if taking is None:
        return None
    with _lock:
        return taking, _watches.setdefault(taking, Watch())


def place() -> Place:
    """Where this code runs."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return threading.get_ident(), None if task is None else id(task)
