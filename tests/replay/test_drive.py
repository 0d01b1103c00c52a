"""How queries are put, in virtual time: every figure here is a sum of the waits written in the test."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from llmaudit.errors import ReplayError
from llmaudit.replay import attributes, stage
from llmaudit.replay.drive import Answer, Load, StopMeasuring, drive
from llmaudit.replay.queries import Query
from llmaudit.replay.run import Outcome, QueryRun, Run
from llmaudit.replay.span import Status
from llmaudit.replay.stage import recorder
from tests.replay.virtual import VirtualLoop, run

MS = 1_000_000


def _queries(count: int) -> list[Query]:
    return [Query(f"q{number}", "") for number in range(count)]


def _driven(answer: Answer, load: Load, count: int = 1) -> Run:
    loop = VirtualLoop()
    return run(drive(_queries(count), answer, load, loop), loop)


def _taking(seconds: Callable[[Query], float]) -> Answer:
    async def answer(query: Query) -> None:
        with stage("generation"):
            await asyncio.sleep(seconds(query))

    return answer


def _milliseconds(queries: tuple[QueryRun, ...]) -> list[float]:
    return [query.latency_ns / MS for query in queries]


def test_one_user_asks_one_after_the_other_and_the_warm_up_stands_apart() -> None:
    found = _driven(_taking(lambda _: 0.1), Load(rounds=2, warmup=1), count=2)
    assert [(q.query_id, q.round, q.warmup, q.start_ns / MS) for q in found.queries] == [
        ("q0", 0, True, 0), ("q0", 1, False, 100), ("q1", 1, False, 200), ("q0", 2, False, 300), ("q1", 2, False, 400),
    ]  # fmt: skip
    assert _milliseconds(found.measured) == [100, 100, 100, 100]
    assert [span.stage for query in found.queries for span in query.spans] == ["generation"] * 5


def test_four_users_share_the_queries() -> None:
    slow_first = _taking(lambda query: 0.9 if query.query_id == "q0" else 0.1)
    found = _driven(slow_first, Load(rounds=1, warmup=0, concurrency=4), count=28)
    # One user is busy with the slow one for 0.9 s; the other three ask the remaining 27 in nine steps of 0.1 s.
    assert max(query.end_ns for query in found.queries) == 900 * MS
    assert len(found.measured) == 28


def test_a_stall_is_felt_by_everybody_who_should_have_been_asked_meanwhile() -> None:
    """Ten a second, one at a time, and the first takes a second: nine others wait for it.

    A closed loop would have reported one slow query of ten, and a p50 of 10 ms.
    """
    answer = _taking(lambda query: 1.0 if query.query_id == "q0" else 0.01)
    found = _driven(answer, Load(rounds=1, warmup=0, concurrency=1, rate=10), count=10)
    assert _milliseconds(found.queries) == [1000, 910, 820, 730, 640, 550, 460, 370, 280, 190]
    assert [query.intended_start_ns / MS for query in found.queries] == [0, 100, 200, 300, 400, 500, 600, 700, 800, 900]


def test_without_a_limit_an_open_loop_never_waits() -> None:
    found = _driven(_taking(lambda _: 1.0), Load(rounds=1, warmup=0, concurrency=None, rate=10), count=10)
    assert _milliseconds(found.queries) == [1000] * 10
    assert max(query.end_ns for query in found.queries) == 1900 * MS


def test_what_hangs_times_out_and_what_it_hung_in_is_named() -> None:
    async def answer(query: Query) -> None:
        with stage("embedding"):
            await asyncio.sleep(0.1)
        with stage("rerank"):
            await asyncio.sleep(3600 if query.query_id == "q1" else 0.1)

    found = _driven(answer, Load(rounds=1, warmup=0, timeout_seconds=2), count=3)
    assert [query.outcome for query in found.queries] == [Outcome.OK, Outcome.TIMEOUT, Outcome.OK]
    hung = found.queries[1]
    assert hung.latency_ns == 2000 * MS
    assert [(span.stage, span.status) for span in hung.spans] == [("embedding", Status.OK), ("rerank", Status.TIMEOUT)]


def test_what_does_not_heed_being_cancelled_is_left_behind() -> None:
    async def answer(_query: Query) -> None:
        while True:
            try:
                await asyncio.sleep(7)
                return
            except asyncio.CancelledError:
                continue

    found = _driven(answer, Load(rounds=1, warmup=0, timeout_seconds=2), count=2)
    assert [(query.outcome, query.latency_ns / MS) for query in found.queries] == [(Outcome.TIMEOUT, 2000)] * 2


class ReadTimeout(Exception):
    """Named as HTTP clients name theirs, and no TimeoutError."""


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(ValueError("x"), Outcome.ERROR), (TimeoutError(), Outcome.TIMEOUT), (ReadTimeout(), Outcome.TIMEOUT)],
)
def test_an_error_is_an_error_and_a_clients_own_timeout_a_timeout(error: Exception, outcome: Outcome) -> None:
    async def answer(_query: Query) -> None:
        with stage("retrieval"):
            raise error

    (found,) = _driven(answer, Load(rounds=1, warmup=0)).queries
    assert (found.outcome, found.error_type) == (outcome, type(error).__name__)
    assert found.spans[0].status.value == outcome.value


def test_a_fallback_is_no_success() -> None:
    async def answer(_query: Query) -> str:
        taking = recorder()
        assert taking is not None
        taking.fell_back("breaker of generation is open")
        return "Sorry"

    found = _driven(answer, Load(rounds=1, warmup=0))
    assert [query.outcome for query in found.queries] == [Outcome.FALLBACK]
    assert found.successes == ()


def test_ctrl_c_keeps_what_was_measured() -> None:
    loop = VirtualLoop()

    async def interrupted() -> Run:
        driving = asyncio.ensure_future(
            drive(_queries(10), _taking(lambda _: 0.1), Load(rounds=10, warmup=1, concurrency=2), loop)
        )
        await asyncio.sleep(0.55)
        driving.cancel()
        return await driving

    found = run(interrupted(), loop)
    # 0.1 s of warm-up, then four times two; the two under way are left out.
    assert (len(found.queries), len(found.measured)) == (9, 8)
    assert (found.facts[attributes.INTERRUPTED], found.facts[attributes.PLANNED]) == (True, 101)


def test_a_limit_ends_the_run_and_is_named() -> None:
    asked: list[Query] = []

    async def answer(query: Query) -> None:
        if len(asked) == 3:
            raise StopMeasuring("--max-calls 3 was reached")
        asked.append(query)

    found = _driven(answer, Load(rounds=5, warmup=0), count=2)
    assert len(found.queries) == 3
    assert found.facts[attributes.STOPPED] == "--max-calls 3 was reached"


def test_what_the_user_has_to_mend_ends_the_run() -> None:
    async def answer(query: Query) -> None:
        if query.query_id == "q1":
            raise ReplayError("64 dimensions, and the table has 384")

    for load in (Load(rounds=1, warmup=0, concurrency=3), Load(rounds=1, warmup=0, rate=10, concurrency=None)):
        with pytest.raises(ReplayError, match="384"):
            _driven(answer, load, count=5)


def test_progress_counts_every_query_run() -> None:
    told: list[tuple[int, int]] = []
    loop = VirtualLoop()
    work: Awaitable[Run] = drive(_queries(2), _taking(lambda _: 0.1), Load(2, 1), loop, lambda *each: told.append(each))
    run(work, loop)  # type: ignore[arg-type]
    assert told == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
