"""What a stage takes down: order, parents, ends, and what happens across tasks, threads, generators and errors."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from llmaudit.replay import carry, stage
from llmaudit.replay.span import Span, Status
from llmaudit.replay.stage import current, recorder, recording


class Ticks:
    """A clock that is read 1, 2, 3, … times."""

    def __init__(self) -> None:
        self.time = 0

    def now_ns(self) -> int:
        self.time += 1
        return self.time


def _tree(spans: tuple[Span, ...]) -> list[tuple[str, str | None, int, int, str]]:
    names = {span.span_id: span.stage for span in spans}
    return [
        (span.stage, None if span.parent_id is None else names[span.parent_id], span.start_ns, span.end_ns, span.status)
        for span in spans
    ]


def test_stages_nest_and_follow_each_other() -> None:
    with recording(Ticks()) as taking:
        with stage("retrieval", documents=3) as span:
            span.set("llmaudit.rows", 7)
            with stage("network"):
                pass
        with stage("generation", name="chat gpt-4o-mini"):
            pass
    spans = taking.spans(99)
    assert _tree(spans) == [
        ("retrieval", None, 1, 4, "ok"),
        ("network", "retrieval", 2, 3, "ok"),
        ("generation", None, 5, 6, "ok"),
    ]
    assert spans[0].attributes == {"documents": 3, "llmaudit.rows": 7}
    assert spans[2].name == "chat gpt-4o-mini"


def test_nothing_is_taken_down_where_nobody_measures() -> None:
    with stage("retrieval") as span:
        span.set("rows", 1)
        assert recorder() is None
        assert current() is None


def test_tasks_run_side_by_side_under_the_stage_that_started_them() -> None:
    async def branch(name: str) -> None:
        async with stage(name):
            await asyncio.sleep(0)

    async def both() -> None:
        async with stage("retrieval"):
            await asyncio.gather(branch("vectors"), branch("keywords"))

    with recording(Ticks()) as taking:
        asyncio.run(both())
    assert _tree(taking.spans(99)) == [
        ("retrieval", None, 1, 6, "ok"),
        ("vectors", "retrieval", 2, 4, "ok"),
        ("keywords", "retrieval", 3, 5, "ok"),
    ]


def test_a_carried_function_knows_its_stage_in_every_thread_of_a_pool() -> None:
    def work(name: str) -> None:
        with stage(name):
            pass

    with recording(Ticks()) as taking, stage("retrieval"), ThreadPoolExecutor(4) as pool:
        list(pool.map(carry(work), ["a", "b", "c", "d"]))
        pool.submit(work, "lost").result()
    found = {name: parent for name, parent, *_ in _tree(taking.spans(99))}
    assert found == {"retrieval": None, "a": "retrieval", "b": "retrieval", "c": "retrieval", "d": "retrieval"}


def test_an_error_is_named_by_its_class_and_goes_on() -> None:
    with recording(Ticks()) as taking, pytest.raises(ValueError, match="sk-secret"), stage("embedding"):
        raise ValueError("sk-secret")
    (span,) = taking.spans(99)
    assert (span.status, span.error_type) == (Status.ERROR, "ValueError")
    assert "sk-secret" not in repr(span)


def test_whoever_is_not_waited_for_timed_out() -> None:
    async def hung() -> None:
        with stage("rerank"):
            await asyncio.Event().wait()

    async def impatient() -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(hung(), 0)
            await asyncio.sleep(0)

    async def cancelled() -> None:
        task = asyncio.create_task(hung())
        await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    with recording(Ticks()) as taking:
        asyncio.run(cancelled())
    assert [(span.stage, span.status) for span in taking.spans(99)] == [("rerank", Status.TIMEOUT)]


def test_a_stage_still_open_ends_when_the_query_does() -> None:
    with recording(Ticks()) as taking:
        stage("rerank").__enter__()
        assert _tree(taking.spans(40)) == [("rerank", None, 1, 40, "timeout")]


def test_a_stream_may_end_its_stage_elsewhere_and_stopping_to_listen_is_no_error() -> None:
    def tokens() -> Generator[str, None, None]:
        with stage("generation"):
            yield "a"
            yield "b"

    async def chunks() -> AsyncGenerator[str, None]:
        async with stage("generation"):
            yield "a"
            yield "b"

    async def first_chunk() -> None:
        stream = chunks()
        await asyncio.create_task(anext(stream))
        await stream.aclose()

    with recording(Ticks()) as taking:
        stream = tokens()
        next(stream)
        stream.close()
        asyncio.run(first_chunk())
        with stage("after"):
            pass
    assert _tree(taking.spans(99)) == [
        ("generation", None, 1, 2, "ok"),
        ("generation", None, 3, 4, "ok"),
        ("after", None, 5, 6, "ok"),
    ]


def test_a_span_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="before it starts"):
        Span(1, None, "retrieval", "retrieval", 2, 1)


def test_spans_timed_elsewhere_stand_among_ours() -> None:
    with recording(Ticks()) as taking:
        with stage("embedding") as span:
            taking.add("network", "connect", 1, 2, parent_id=span.span_id, attributes={"server.address": "localhost"})
        taking.add_span(Span(2**63, None, "generation", "chat", 5, 9))
    assert _tree(taking.spans(99)) == [
        ("embedding", None, 1, 2, "ok"),
        ("network", "embedding", 1, 2, "ok"),
        ("generation", None, 5, 9, "ok"),
    ]
