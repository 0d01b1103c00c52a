"""Put the queries to the system, as many at a time or as fast as asked, and take down how each went.

Closed loop: so many users, each asking the next question when the last is answered. Open loop: questions come at a
rate, whether the system keeps up or not; a latency then counts from when the question should have been asked, so that a
stall is not hidden by everybody waiting for it (coordinated omission: GuideLLM, wrk2).
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from llmaudit.errors import LlmauditError
from llmaudit.replay import attributes
from llmaudit.replay.clock import Clock
from llmaudit.replay.queries import Query
from llmaudit.replay.run import Outcome, QueryRun, Run
from llmaudit.replay.span import Value
from llmaudit.replay.stage import Recorder, ended_by, recording

Answer = Callable[[Query], Awaitable[object]]
"""The system under test. What it answers is not looked at, and not kept."""
Progress = Callable[[int, int], None]
"""Called with how many query runs are done, and of how many."""

PATIENCE_SECONDS = 60.0
_SECOND = 1_000_000_000


def silent(_done: int, _of: int) -> None:
    """Progress that nobody watches."""


class StopMeasuring(Exception):
    """Raised inside an answer when no more may be asked; the text says why. That query is not counted."""


@dataclass(frozen=True, slots=True)
class Load:
    """How the queries are put.

    `concurrency` is how many at a time; with a `rate` (queries a second) it is a limit, None for no limit.
    """

    rounds: int = 3
    warmup: int = 3
    concurrency: int | None = 1
    rate: float | None = None
    timeout_seconds: float = PATIENCE_SECONDS

    def size(self, queries: int) -> int:
        """How many query runs that makes."""
        return self.rounds * queries + self.warmup


@dataclass(slots=True)
class _Measurement:
    answer: Answer
    load: Load
    clock: Clock
    progress: Progress
    size: int
    done: list[QueryRun] = field(default_factory=list)
    stopped: str | None = None
    hopeless: LlmauditError | None = None

    async def ask(self, query: Query, round_number: int, intended_ns: int | None = None) -> None:
        """One query, once."""
        with recording(self.clock) as taken:
            start_ns = self.clock.now_ns()
            task = asyncio.ensure_future(self.answer(query))
            try:
                await asyncio.wait({task}, timeout=self.load.timeout_seconds)
                end_ns = self.clock.now_ns()
                outcome, error_type = _ended(task, taken)
            except StopMeasuring as limit:
                self.stopped = self.stopped or str(limit)
                return
            except LlmauditError as error:
                self.stopped, self.hopeless = str(error), error
                return
            finally:
                # Not awaited: what hangs may not heed being cancelled either.
                task.cancel()
            spans = taken.spans(end_ns)
        self.done.append(
            QueryRun(
                query_id=query.query_id,
                round=round_number,
                warmup=round_number == 0,
                intended_start_ns=start_ns if intended_ns is None else intended_ns,
                start_ns=start_ns,
                end_ns=end_ns,
                outcome=outcome,
                error_type=error_type,
                spans=spans,
            )
        )
        self.progress(len(self.done), self.size)

    async def closed(self, plan: Sequence[tuple[int, Query]], users: int) -> None:
        """Every user takes the next question as soon as the last one is answered."""
        waiting = iter(plan)

        async def user() -> None:
            for round_number, query in waiting:
                if self.stopped:
                    return
                await self.ask(query, round_number)

        await _all([user() for _ in range(min(users, len(plan)))])

    async def open(self, plan: Sequence[tuple[int, Query]], rate: float, most: int | None) -> None:
        """A question every 1/rate seconds, from the clock and not from the last answer."""
        free = asyncio.Semaphore(most) if most else contextlib.nullcontext()
        begin_ns = self.clock.now_ns()

        async def one(number: int, round_number: int, query: Query) -> None:
            intended_ns = begin_ns + round(number * _SECOND / rate)
            await asyncio.sleep(max(0, intended_ns - self.clock.now_ns()) / _SECOND)
            async with free:
                if not self.stopped:
                    await self.ask(query, round_number, min(intended_ns, self.clock.now_ns()))

        await _all([one(number, *each) for number, each in enumerate(plan)])


async def drive(
    queries: Sequence[Query],
    answer: Answer,
    load: Load,
    clock: Clock,
    progress: Progress = silent,
) -> Run:
    """The run of these queries. When the task is cancelled (Ctrl-C), what was measured until then.

    The facts of the run then say `interrupted`, and of how many query runs; queries under way are left out. An answer
    that raises an LlmauditError ends the run with it: that is for the user to mend, and no failure of a query.
    """
    made = _Measurement(answer, load, clock, progress, load.size(len(queries)))
    plan = [(number, query) for number in range(1, load.rounds + 1) for query in queries]
    interrupted = False
    try:
        for number in range(load.warmup):
            await made.closed([(0, queries[number % len(queries)])], 1)
        if load.rate is None:
            await made.closed(plan, load.concurrency or 1)
        else:
            await made.open(plan, load.rate, load.concurrency)
    except asyncio.CancelledError:
        interrupted = True
        if (task := asyncio.current_task()) is not None:
            task.uncancel()
    if made.hopeless is not None:
        raise made.hopeless
    told: dict[str, Value] = {
        attributes.ROUNDS: load.rounds,
        attributes.CONCURRENCY: load.concurrency,
        attributes.RATE: load.rate,
        attributes.TIMEOUT_SECONDS: load.timeout_seconds,
        attributes.PLANNED: made.size,
        attributes.INTERRUPTED: interrupted,
        attributes.STOPPED: made.stopped,
    }
    return Run(tuple(made.done), told)


def _ended(task: "asyncio.Future[object]", taken: Recorder) -> tuple[Outcome, str | None]:
    if not task.done():
        return Outcome.TIMEOUT, None
    if task.cancelled():
        return Outcome.ERROR, "CancelledError"
    error = task.exception()
    if isinstance(error, StopMeasuring | LlmauditError):
        raise error
    if error is not None:
        status, error_type = ended_by(type(error), error)
        return Outcome(status.value), error_type
    return (Outcome.FALLBACK, taken.fallback_reason) if taken.fallback_reason else (Outcome.OK, None)


async def _all(work: Sequence[Awaitable[None]]) -> None:
    """Everything at once; when this is cancelled, so is all of it."""
    async with asyncio.TaskGroup() as group:
        for each in work:
            group.create_task(_as_coroutine(each))


async def _as_coroutine(work: Awaitable[None]) -> None:
    await work
