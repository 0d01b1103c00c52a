"""The spans of an application that is instrumented with OpenTelemetry, heard while they start and end, kept in memory.

    with capturing() as heard:
        … import the application …
        heard.ready()

Whatever tracing the application has set up goes on as before: this only listens to its providers. Where it has set up
none, it is given one that exports nothing, and the instrumentations that are installed beside it are switched on, but
those of HTTP clients, which end at the headers; `http_timing` measures those.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Any

from llmaudit.replay.span import Span, Status
from llmaudit.replay.stage import Recorder, current
from llmaudit.replay.telemetry.meaning import facts_of, failure_of, short_name, stage_named, stage_of
from llmaudit.replay.telemetry.piece import Candidate
from llmaudit.replay.watch import Watch, Work, place, watch

_MEASURED_OTHERWISE = frozenset(
    ("httpx", "requests", "urllib", "urllib3", "aiohttp-client", "aiohttp-server", "system_metrics")
)


@dataclass(slots=True)
class Listener:
    """A span processor, by what it can be called with. `tellers` are the instrumentations that were heard.

    `homeless` counts spans that began where no query was being measured; `broken` are instrumentations that are
    installed and could not be switched on, with the class of the error.
    """

    tellers: set[str] = field(default_factory=set)
    broken: dict[str, str] = field(default_factory=dict)
    homeless: int = 0
    ready: Callable[[], None] = lambda: None
    _at_work: dict[int, tuple[Recorder, Watch, Work]] = field(default_factory=dict)
    _listening: bool = True

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        """A span began, in this thread and task or told by it."""
        if not self._listening:
            return
        parent_id = span.parent.span_id if span.parent is not None else None
        found = watch() or (self._at_work[parent_id][:2] if parent_id in self._at_work else None)
        if found is None:
            self.homeless += 1
            return
        taking, watching = found
        scope, span_id = span.instrumentation_scope, span.context.span_id
        teller = scope.name if scope is not None else "(unnamed)"
        self.tellers.add(teller)
        parent_id, candidates = _parent(watching, teller, parent_id)
        watching.told(span_id, teller, candidates)
        work = Work(
            span_id, teller, taking.now_ns(), place(), current(), lambda now_ns: _span(span, parent_id, taking, now_ns)
        )
        with watching.lock:
            watching.open_work[span_id] = work
        self._at_work[span_id] = taking, watching, work

    def on_end(self, span: Any) -> None:
        """The span ended and has said all it says."""
        taking, watching, work = self._at_work.pop(span.context.span_id, (None, None, None))
        if taking is None or watching is None or work is None:
            return
        with watching.lock:
            del watching.open_work[work.span_id]
        taking.add_span(work.unfinished(0))

    def shutdown(self) -> None:
        """The provider ends."""

    def force_flush(self, timeout_millis: int = 0) -> bool:
        """Nothing is ever held back."""
        return True

    def _on_ending(self, span: Any) -> None:
        """Of no interest; newer providers call it."""

    def stop(self) -> None:
        """A provider keeps its processors for good; this one no longer listens."""
        self._listening = False


def _parent(watching: Watch, teller: str, parent_id: int | None) -> tuple[int | None, tuple[Candidate, ...]]:
    """The span that one beginning here is inside of, and where that was not told the work that it may be instead."""
    written = current()
    parent = watching.open_work.get(parent_id or 0)
    if parent is not None and parent.written is written:
        return parent_id, ()
    return (parent_id if written is None else written.span_id), watching.around(teller)


def _span(span: Any, parent_id: int | None, taking: Recorder, now_ns: int) -> Span:
    """The span in our words, on our clock: its own times are the wall's, which is monotonic enough while it lives."""
    attributes = span.attributes or {}
    ended = span.end_time is not None
    stage = stage_of(attributes) or ("" if ended or "openinference.span.kind" in attributes else stage_named(span.name))
    if "http.request.method" in attributes or "http.method" in attributes:
        stage = ""
    shift = taking.now_ns() - time.time_ns()
    start_ns = span.start_time + shift
    end_ns = max(start_ns, span.end_time + shift if ended else now_ns)
    status, error_type = (Status.OK, None) if ended else (Status.TIMEOUT, None)
    if ended and span.status.status_code.name == "ERROR":
        status, error_type = failure_of(attributes, [event.attributes or {} for event in span.events])
    facts = facts_of(stage, attributes)
    name = short_name(span.name, stage)
    return Span(span.context.span_id, parent_id, stage or "", name, start_ns, end_ns, status, error_type, facts)


@contextmanager
def capturing() -> Iterator[Listener]:
    """Listens to every provider that there is and that is made inside; without OpenTelemetry nothing is heard."""
    listener = Listener()
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        yield listener
        return
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider

    original = TracerProvider.__init__
    made = []

    @wraps(original)
    def init(self: Any, *args: Any, **options: Any) -> None:
        original(self, *args, **options)
        self.add_span_processor(listener)
        made.append(self)

    switched_on: list[Any] = []

    def ready() -> None:
        if not made:
            trace.set_tracer_provider(TracerProvider())
            switched_on.extend(_switched_on(listener.broken))

    TracerProvider.__init__ = init  # type: ignore[method-assign]
    listener.ready = ready
    present = trace.get_tracer_provider()
    if isinstance(present, TracerProvider):
        present.add_span_processor(listener)  # type: ignore[arg-type]
        made.append(present)
    try:
        yield listener
    finally:
        TracerProvider.__init__ = original  # type: ignore[method-assign]
        listener.stop()
        for instrumentor in switched_on:
            instrumentor.uninstrument()


def _switched_on(broken: dict[str, str]) -> Iterator[Any]:
    """The installed instrumentations that the application has not switched on itself, now on."""
    for entry in entry_points(group="opentelemetry_instrumentor"):
        if entry.name in _MEASURED_OTHERWISE:
            continue
        try:
            instrumentor = entry.load()()
            if instrumentor.is_instrumented_by_opentelemetry:
                continue
            instrumentor.instrument()
        except Exception as error:
            # Somebody else's package, which nobody asked for: the application runs without it, and that is said.
            broken[entry.name] = type(error).__name__
        else:
            if instrumentor.is_instrumented_by_opentelemetry:
                yield instrumentor
