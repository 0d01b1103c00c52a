"""The database that is searched: where it is, how its sessions are set up, and what it says about the search.

Sources: psycopg 3 (psycopg.org/psycopg3/docs/) and libpq, "Connection URIs", read 2026-11-27.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from llmaudit import config
from llmaudit.config import Section
from llmaudit.errors import ConfigError, ReplayError
from llmaudit.replay.clock import Clock
from llmaudit.replay.postgres.search import Distance, VectorSearch

if TYPE_CHECKING:
    from psycopg import Connection

    from llmaudit.replay.postgres.facts import SearchFacts
    from llmaudit.replay.postgres.waits import LockWaits

_PATIENCE_SECONDS = 10


class SearchSettings(Section):
    """A table with a vector column, and how it is searched.

    `where` is a condition in SQL, as the application sends it; `settings` are those of its connections, such as
    `hnsw.ef_search: 100`. With `analyze`, one search is run by `EXPLAIN ANALYZE`.
    """

    dsn: str
    table: str
    key: str = "id"
    embedding: str = "embedding"
    distance: Distance = Distance.COSINE
    top_k: int = Field(default=10, ge=1)
    where: str | None = None
    settings: Mapping[str, str | int | float | bool] = {}
    analyze: bool = False


def read_search(path: Path) -> SearchSettings:
    """How an application searches, from a file. Raises ConfigError with file and line."""
    content, lines = config.read(path)
    return config.check(SearchSettings, content, lines, path)


class Database:
    """Connections that are set up as those of the application, but never wait for a lock for ever.

    `failure` names the error that kept `facts` from an answer.
    """

    def __init__(self, dsn: str, settings: SearchSettings, application: str) -> None:
        self.dsn = _address(dsn)
        self.settings = settings
        self.failure: str | None = None
        # Not the name of the sessions that are measured: what we wait for here is no part of that.
        self._application = f"{application} beside"

    def connect(self) -> "Connection[Any]":
        """A connection, which commits every statement."""
        import psycopg

        connection = psycopg.connect(
            self.dsn, autocommit=True, application_name=self._application, connect_timeout=_PATIENCE_SECONDS
        )
        connection.execute(f"set lock_timeout = '{_PATIENCE_SECONDS}s'")
        for statement, parameters in configuration(self.settings):
            connection.execute(statement, parameters)
        return connection

    def checked(self, content: str | None = None) -> tuple[VectorSearch, int | None]:
        """The search and the dimensions it takes (None of an empty table), tried out without running it.

        Raises ReplayError where the database is not there, ConfigError where something that the settings name is not.
        """
        from psycopg import Error, OperationalError
        from psycopg.errors import LockNotAvailable

        from llmaudit.replay.postgres.facts import column_of, dimensions_of
        from llmaudit.replay.postgres.plan import explain

        said = self.settings
        search = VectorSearch(
            said.table, said.key, said.embedding, said.distance, said.top_k, content=content, where=said.where
        )
        try:
            with self.connect() as connection:
                column = column_of(connection, search)
                search = replace(search, vector_type=column.vector_type)
                explain(connection, search.statement(), {"embedding": None})
                return search, column.dimensions or dimensions_of(connection, search)
        except LockNotAvailable as error:
            raise ReplayError(
                f"retrieve: somebody holds a lock on {said.table} that nobody can read it under",
                hint="select * from pg_locks where not granted; pg_blocking_pids() names who holds it",
            ) from error
        except OperationalError as error:
            raise ReplayError(
                f"retrieve: the database cannot be reached: {_first_line(error)}",
                hint="does `psql` reach it with the same address? retrieve.dsn is postgresql://user@host:port/name",
            ) from error
        except Error as error:
            raise ConfigError(f"retrieve: PostgreSQL refuses the search: {_first_line(error)}") from error

    def facts(self, search: VectorSearch) -> "SearchFacts | None":
        """What PostgreSQL says about the search now; None of an empty table, or where it does not say.

        A database that was there for the queries may be gone or locked by now, and what was measured stands.
        """
        from psycopg import OperationalError

        from llmaudit.replay.postgres.facts import examine

        try:
            with self.connect() as connection:
                return examine(connection, search, analyze=self.settings.analyze)
        except OperationalError as error:
            self.failure = type(error).__qualname__
            return None


class Look:
    """A search that somebody else makes, looked at beside it."""

    def __init__(self, database: Database, search: VectorSearch, waits: "LockWaits") -> None:
        self.database = database
        self.waits = waits
        self._search = search

    def facts(self) -> "SearchFacts | None":
        """What PostgreSQL says about it now; None as in `Database.facts`."""
        return self.database.facts(self._search)


@contextmanager
def looking(settings: SearchSettings, dsn: str, clock: Clock) -> Iterator[Look]:
    """Looks at a search of an application while the block runs; whoever waits for the table counts as its session."""
    from llmaudit.replay.postgres.waits import watching

    database = Database(dsn, settings, "llmaudit")
    search, _ = database.checked()
    with watching(database.connect, clock, table=settings.table) as waits:
        yield Look(database, search, waits)


def configuration(settings: SearchSettings) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The statements that set up a session."""
    # Loads pgvector, without which its settings would be taken whatever they say.
    yield "select null::vector", ()
    for name, value in settings.settings.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        yield "select pg_catalog.set_config(%s, %s, false)", (name, text)


def _address(dsn: str) -> str:
    """The address, if it is one. What libpq says of another is not repeated: it quotes it, with the password."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        known = conninfo_to_dict(dsn)
    except ProgrammingError:
        known = {"host": "@"}
    # An @ of the password that is not written as %40 ends up in the host.
    if "@" in str(known.get("host", "")):
        raise ConfigError(
            "retrieve.dsn is no address of a PostgreSQL",
            hint="postgresql://user:password@host:port/name, with @ / : % of a password as %40 %2F %3A %25",
        )
    return dsn


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
