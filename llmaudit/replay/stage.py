"""`with stage("retrieval"):` times a piece of an answer. Where nobody is measuring, it does next to nothing.

    with stage("generation", **{"gen_ai.request.model": model}) as span:
        …
        span.set("gen_ai.usage.output_tokens", 120)

It works in coroutines, tasks and threads started with `asyncio.to_thread`; a thread pool forgets who called it, so what
it runs is wrapped: `pool.submit(carry(search), query)`.
"""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from types import TracebackType
from typing import ParamSpec, TypeVar

from llmaudit.replay.clock import Clock
from llmaudit.replay.span import Span, Status, Value

P = ParamSpec("P")
T = TypeVar("T")


def ended_by(kind: type[BaseException], error: BaseException | None = None) -> tuple[Status, str]:
    """What an exception says about the work it ends: that it failed or took too long, and the name of its class.

    An error that carries an HTTP status is named by that.

    A stage is cancelled by whoever would not wait any longer. Clients have timeouts of their own, which are no
    TimeoutError but are called so: httpx.ReadTimeout, openai.APITimeoutError. urllib3 calls a refused connection a kind
    of timeout, which it is not.
    """
    called = {base.__name__ for base in kind.__mro__}
    late = issubclass(kind, asyncio.CancelledError) or any("Timeout" in name for name in called)
    late = late and "NewConnectionError" not in called
    code = next((code for holder in (error, getattr(error, "response", None)) if (code := _refusal(holder))), None)
    return Status.TIMEOUT if late else Status.ERROR, code or kind.__qualname__


def _refusal(holder: object) -> str | None:
    code = getattr(holder, "status_code", None)
    return str(code) if isinstance(code, int) and 400 <= code < 600 else None


class Recorder:
    """Takes down the stages of one query. Safe to use from many threads: it only ever appends."""

    def __init__(self, clock: Clock) -> None:
        self.now_ns = clock.now_ns
        self.next_id = itertools.count(1).__next__
        self.entered: list[stage] = []
        self.fallback_reason: str | None = None
        self.settle: Callable[[tuple[Span, ...], int], tuple[Span, ...]] | None = None
        """Makes the stages of what several tellers said, where there is more than one."""
        self._added: list[Span] = []

    def add(
        self,
        stage_name: str,
        name: str,
        start_ns: int,
        end_ns: int,
        *,
        status: Status = Status.OK,
        error_type: str | None = None,
        parent_id: int | None = None,
        attributes: dict[str, Value] | None = None,
    ) -> int:
        """Takes down a span that somebody else has timed, on the same clock; its new id comes back."""
        span_id = self.next_id()
        self.add_span(
            Span(span_id, parent_id, stage_name, name, start_ns, end_ns, status, error_type, attributes or {})
        )
        return span_id

    def add_span(self, span: Span) -> None:
        """The same for a span with an id of its own (an OpenTelemetry id cannot meet one of ours: it is random)."""
        self._added.append(span)

    def open(self, stage_name: str, name: str, parent_id: int | None = None) -> "stage":
        """A stage that begins now and that nobody is inside of: whoever opened it says when and how it ended."""
        return _Opened(self, stage_name, name, parent_id)

    def fell_back(self, reason: str) -> None:
        """Says that the answer came from something that stands in for a failed part."""
        self.fallback_reason = reason

    def spans(self, now_ns: int) -> tuple[Span, ...]:
        """Everything taken down, in the order of the starts; a stage that is still open timed out now."""
        own = [each.as_span(now_ns) for each in list(self.entered)]
        found = tuple(sorted([*own, *list(self._added)], key=lambda span: (span.start_ns, span.span_id)))
        return found if self.settle is None else self.settle(found, now_ns)


class stage:
    """One timed piece of work; used once, with `with` or `async with`."""

    __slots__ = ("_before", "_recorder", "attributes", "end_ns", "error_type", "name", "span_id", "stage", "start_ns",
                 "status")  # fmt: skip

    def __init__(self, stage: str, /, *, name: str | None = None, **attributes: Value) -> None:
        self.stage = stage
        self.name = stage if name is None else name
        self.attributes = attributes
        self.end_ns: int | None = None
        self.status = Status.OK
        self.error_type: str | None = None

    def set(self, name: str, value: Value) -> None:
        """Adds a fact about this piece of work: tokens, documents, a model. Never a text."""
        self.attributes[name] = value

    def __enter__(self) -> "stage":
        inside = _current.get()
        self._before = inside
        self._recorder: Recorder | None
        self._recorder = recorder = inside._recorder if isinstance(inside, stage) else inside
        if recorder is not None:
            self.span_id = recorder.next_id()
            _current.set(self)
            recorder.entered.append(self)
            self.start_ns = recorder.now_ns()
        return self

    def end(self, end_ns: int, status: Status = Status.OK, error_type: str | None = None) -> None:
        """Says when and how an opened stage ended. Said twice, the later end and the first failure hold."""
        self.end_ns = end_ns if self.end_ns is None else max(self.end_ns, end_ns)
        if self.status is Status.OK:
            self.status, self.error_type = status, error_type

    def goes_on(self) -> None:
        """Takes back that it ended: what failed is tried again."""
        self.end_ns, self.status, self.error_type = None, Status.OK, None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if self._recorder is None:
            return
        self.end_ns = self._recorder.now_ns()
        # Not a token: a stage around the body of a generator may end in another context than it began in.
        if _current.get() is self:
            _current.set(self._before)
        # Whoever stops listening to a stream has had what they wanted.
        if kind is not None and kind is not GeneratorExit:
            self.status, self.error_type = ended_by(kind, error)

    async def __aenter__(self) -> "stage":
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    @property
    def parent_id(self) -> int | None:
        """The span it is inside of; None for the query itself."""
        return self._before.span_id if isinstance(self._before, stage) else None

    def as_span(self, now_ns: int) -> Span:
        """What was taken down so far; still open, it timed out now."""
        parent_id = self.parent_id
        attributes = dict(self.attributes)
        if self.end_ns is None:
            end_ns = max(now_ns, self.start_ns)
            return Span(self.span_id, parent_id, self.stage, self.name, self.start_ns, end_ns, Status.TIMEOUT, None,
                        attributes)  # fmt: skip
        return Span(self.span_id, parent_id, self.stage, self.name, self.start_ns, self.end_ns, self.status,
                    self.error_type, attributes)  # fmt: skip


class _Opened(stage):
    """A stage that nobody is inside of, for those who hear of a start and an end and sit around nothing."""

    __slots__ = ("_parent_id",)

    def __init__(self, recorder: Recorder, stage_name: str, name: str, parent_id: int | None) -> None:
        super().__init__(stage_name, name=name)
        self._recorder, self._parent_id = recorder, parent_id
        self.span_id, self.start_ns = recorder.next_id(), recorder.now_ns()
        recorder.entered.append(self)

    @property
    def parent_id(self) -> int | None:
        return self._parent_id


_current: "ContextVar[Recorder | stage | None]" = ContextVar("llmaudit_stage", default=None)


def recorder() -> Recorder | None:
    """Who takes down the stages here; None where nobody is measuring."""
    inside = _current.get()
    return inside._recorder if isinstance(inside, stage) else inside


def current() -> stage | None:
    """The innermost open stage here, if there is one: whoever knows more about the work may `set` it there."""
    inside = _current.get()
    return inside if isinstance(inside, stage) else None


@contextmanager
def recording(clock: Clock) -> Iterator[Recorder]:
    """Takes down every stage entered inside, whatever is being recorded outside."""
    taking = Recorder(clock)
    token = _current.set(taking)
    try:
        yield taking
    finally:
        _current.reset(token)


def carry(function: Callable[P, T]) -> Callable[P, T]:
    """The function with the stage it is called from, for pools and threads, which would forget it."""
    context = copy_context()

    def carried(*args: P.args, **kwargs: P.kwargs) -> T:
        # A copy for each call: a context can be entered once at a time, and pools run many.
        return context.copy().run(function, *args, **kwargs)

    return carried
