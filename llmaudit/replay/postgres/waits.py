"""Who waited for a lock while the queries ran: the server's own view, looked at many times a second.

Source: PostgreSQL 18, "pg_locks" (`waitstart`, since 14) and `pg_blocking_pids`, read 2026-11-27.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from llmaudit.replay.clock import Clock

if TYPE_CHECKING:
    from psycopg import Connection

INTERVAL_SECONDS = 0.02
"""Fifty times a second: a wait that nobody would feel may be missed, one that matters is seen many times."""


@dataclass(frozen=True, slots=True)
class LockWait:
    """One session of the pipeline that waited, on the clock of the spans.

    `end_ns` is when it was last seen waiting, so the wait was at least this long. `relation` is None for a lock on
    something else than a table; of the holder we know what the server shows us, and its command without its data.
    """

    pid: int
    start_ns: int
    end_ns: int
    mode: str
    relation: str | None
    holder_pid: int | None
    holder_application: str | None
    holder_state: str | None
    holder_command: str | None


class LockWaits:
    """The waits seen so far, one per wait, however often it was seen.

    They are those of sessions named `application` or, without a name, of anybody who waits for `table`.
    """

    def __init__(self, clock: Clock, *, application: str | None = None, table: str | None = None) -> None:
        self._clock = clock
        self._whose = {"application": application, "relation": table}
        self._seen: dict[tuple[Any, ...], LockWait] = {}
        self.looks = 0
        self.failure: str | None = None
        """Why nobody looked any longer: the name of the error."""

    def look(self, connection: "Connection[Any]") -> None:
        """Asks once."""
        from psycopg.rows import dict_row

        from llmaudit.store import load_sql

        with connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(load_sql(__package__, "waits"), self._whose).fetchall()
        now_ns = self._clock.now_ns()
        self.looks += 1
        for row in rows:
            since, waited_seconds = row.pop("since"), row.pop("waited_seconds")
            start_ns = now_ns - int(waited_seconds * 1e9)
            key = (row["pid"], since, row["mode"], row["relation"])
            earlier = self._seen.get(key)
            if earlier is not None and (earlier.holder_state or "").startswith("idle in transaction"):
                # Who sat on the lock is what matters, not the commit in which they are seen at the end.
                self._seen[key] = replace(earlier, end_ns=now_ns)
            else:
                self._seen[key] = LockWait(start_ns=earlier.start_ns if earlier else start_ns, end_ns=now_ns, **row)

    @property
    def waits(self) -> tuple[LockWait, ...]:
        """In the order in which they began."""
        return tuple(sorted(self._seen.values(), key=lambda wait: (wait.start_ns, wait.pid)))


@contextmanager
def watching(
    connect: "Callable[[], Connection[Any]]",
    clock: Clock,
    *,
    application: str | None = None,
    table: str | None = None,
) -> Iterator[LockWaits]:
    """Looks for waits until the block ends, over a connection of its own; whose, `LockWaits` says.

    The measurement does not depend on the watch: where it fails, `failure` says so and the waits are those seen before.
    """
    from psycopg import Error

    seen = LockWaits(clock, application=application, table=table)
    done = Event()

    def watch() -> None:
        try:
            with connect() as connection:
                while not done.wait(INTERVAL_SECONDS):
                    seen.look(connection)
        except Error as error:
            seen.failure = type(error).__qualname__

    thread = Thread(target=watch, name="llmaudit-lock-watch", daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()
