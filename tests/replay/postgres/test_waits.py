"""A lock is held, somebody waits, and the watch says who, for what, and whom for."""

from __future__ import annotations

from threading import Thread
from typing import Any

import psycopg
import pytest

from llmaudit.replay.clock import MonotonicClock
from llmaudit.replay.postgres.waits import LockWaits, watching

APPLICATION = "llmaudit-test"


@pytest.fixture
def table(postgres: psycopg.Connection[Any]) -> str:
    postgres.execute("drop table if exists waited_for")
    postgres.execute("create table waited_for (id int)")
    return "waited_for"


def _reader(dsn: str) -> Thread:
    """Somebody of the pipeline who reads the table."""

    def read() -> None:
        with psycopg.connect(dsn, application_name=APPLICATION, autocommit=True) as connection:
            connection.execute("select * from waited_for")

    thread = Thread(target=read)
    thread.start()
    return thread


def test_a_wait_is_seen_once_with_who_holds_the_lock(dsn: str, postgres: psycopg.Connection[Any], table: str) -> None:
    clock = MonotonicClock()
    seen = LockWaits(clock, application=APPLICATION)
    begun = clock.now_ns()
    with psycopg.connect(dsn, application_name="migration") as holder:
        holder.execute("alter table waited_for add column secret text default 'sk-dont-show'")
        reader = _reader(dsn)
        while not seen.waits:
            seen.look(postgres)
        first = seen.waits
        seen.look(postgres)
    reader.join()
    (wait,) = seen.waits
    assert begun < wait.start_ns < first[0].end_ns < wait.end_ns < clock.now_ns()
    assert (wait.mode, wait.relation) == ("AccessShareLock", "waited_for")
    assert (wait.holder_application, wait.holder_state) == ("migration", "idle in transaction")
    assert wait.holder_command == "ALTER TABLE"
    assert "secret" not in repr(seen.waits)


def test_those_who_are_not_of_the_pipeline_do_not_count(
    dsn: str, postgres: psycopg.Connection[Any], table: str
) -> None:
    seen = LockWaits(MonotonicClock(), application="somebody else")
    with psycopg.connect(dsn) as holder:
        holder.execute("lock table waited_for in access exclusive mode")
        reader = _reader(dsn)
        watched = LockWaits(MonotonicClock(), application=APPLICATION)
        of_the_table = LockWaits(MonotonicClock(), table="waited_for")
        of_another = LockWaits(MonotonicClock(), table="pg_class")
        while not watched.waits:
            watched.look(postgres)
        for each in (seen, of_the_table, of_another):
            each.look(postgres)
    reader.join()
    assert len(of_the_table.waits) == 1
    assert of_another.waits == ()
    assert (seen.looks, seen.waits) == (1, ())


def test_the_watch_runs_beside_the_work_and_ends_with_it(
    dsn: str, postgres: psycopg.Connection[Any], table: str
) -> None:
    with (
        psycopg.connect(dsn) as holder,
        watching(lambda: psycopg.connect(dsn), MonotonicClock(), application=APPLICATION) as seen,
    ):
        holder.execute("lock table waited_for in access exclusive mode")
        reader = _reader(dsn)
        while not seen.waits:
            reader.join(0.001)
        holder.commit()
        reader.join()
    assert {wait.holder_command for wait in seen.waits} == {"LOCK TABLE"}
    assert seen.failure is None


def test_a_watch_that_fails_leaves_the_work_alone_and_says_so(dsn: str) -> None:
    def refused() -> psycopg.Connection[Any]:
        raise psycopg.OperationalError("no more connections")

    with watching(refused, MonotonicClock(), application=APPLICATION) as seen:
        done = "the work"
    assert (done, seen.failure, seen.waits) == ("the work", "OperationalError", ())
