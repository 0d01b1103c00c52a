"""Retrieve from PostgreSQL with pgvector, through a pool of connections.

Sources: psycopg 3 (psycopg.org/psycopg3/docs/advanced/pool.html) and pgvector 0.8's README, read 2026-11-27.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from secrets import token_hex
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from pydantic import Field

from llmaudit.config import Section
from llmaudit.errors import ConfigError, ReplayError
from llmaudit.replay.attributes import DOCUMENTS, DOCUMENTS_WANTED
from llmaudit.replay.pipeline.part import Document, Part, Retriever, Site, Slot, Vector
from llmaudit.replay.pipeline.reference import resolved
from llmaudit.replay.postgres.search import Distance, VectorSearch, as_text
from llmaudit.replay.queries import Query
from llmaudit.replay.stage import current

if TYPE_CHECKING:
    from psycopg import AsyncConnection, Connection
    from psycopg_pool import AsyncConnectionPool

    from llmaudit.replay.postgres.facts import SearchFacts
    from llmaudit.replay.postgres.waits import LockWaits

_PATIENCE_SECONDS = 10
_TRIPS = 15


class Settings(Section):
    """A table with a vector column, and how it is searched.

    `where` is a condition in SQL, as the application sends it; `settings` are set for every connection, such as
    `hnsw.ef_search: 100`.
    """

    dsn: str
    table: str
    key: str = "id"
    content: str = "content"
    embedding: str = "embedding"
    distance: Distance = Distance.COSINE
    top_k: int = Field(default=10, ge=1)
    where: str | None = None
    settings: Mapping[str, str | int | float | bool] = {}
    pool_size: int = Field(default=4, ge=1)


class PgvectorRetriever:
    """A search and the pool it goes through. `waits` are the lock waits seen since it was opened.

    `failure` names the error that kept `facts` from an answer.
    """

    def __init__(
        self,
        search: VectorSearch,
        dimensions: int | None,
        pool: "AsyncConnectionPool[AsyncConnection[Any]]",
        connect: "Callable[[], Connection[Any]]",
        waits: "LockWaits",
    ) -> None:
        self.dimensions = dimensions
        self.waits = waits
        self.failure: str | None = None
        self._search = search
        self._pool = pool
        self._connect = connect
        self._statement = search.statement()

    async def retrieve(self, _query: Query, vector: Vector) -> list[Document]:
        span = current()
        if span is not None:
            span.set("db.system.name", "postgresql")
            span.set("db.collection.name", self._search.table)
            span.set(DOCUMENTS_WANTED, self._search.k)
        async with self._pool.connection() as connection:
            cursor = await connection.execute(self._statement, {"embedding": as_text(vector)})
            rows = await cursor.fetchall()
        if span is not None:
            span.set(DOCUMENTS, len(rows))
        return [Document(str(key), str(content)) for key, content in rows]

    async def facts(self) -> "SearchFacts | None":
        """What PostgreSQL says about the search now; None of an empty table, or where it does not say.

        A database that was there for the queries may be gone or locked by now, and what was measured stands.
        """
        from psycopg import OperationalError

        from llmaudit.replay.postgres.facts import examine

        def examined() -> "SearchFacts | None":
            with self._connect() as connection:
                return examine(connection, self._search)

        try:
            found = await asyncio.to_thread(examined)
            if found is None:
                return None
            pace = replace(found.pace, round_trip_seconds=await self._round_trip_seconds(found.dimensions))
            return replace(found, pace=pace)
        except OperationalError as error:
            self.failure = type(error).__qualname__
            return None

    async def _round_trip_seconds(self, dimensions: int) -> float:
        """What a search that finds nothing usually takes, by the way that every search takes: pool, driver, network."""
        vector, took = as_text([1.0] * dimensions), []
        for _ in range(_TRIPS):
            start = perf_counter()
            async with self._pool.connection() as connection:
                cursor = await connection.execute("select 1, 'nothing' where %s::vector is null", (vector,))
                await cursor.fetchall()
            took.append(perf_counter() - start)
        return median(took)


@asynccontextmanager
async def _open(settings: Settings, site: Site) -> AsyncIterator[PgvectorRetriever]:
    from psycopg_pool import AsyncConnectionPool, PoolTimeout

    from llmaudit.replay.postgres.waits import watching

    dsn = _address(resolved(settings.dsn, "retrieve.dsn"))
    # One name per run: the watch must not take another measurement's waits for ours.
    application = f"llmaudit {token_hex(4)}"

    def connect() -> "Connection[Any]":
        # Not by the name of the pipeline's sessions: what we wait for here is not part of the measurement.
        return _connected(dsn, settings, f"{application} beside")

    search, dimensions = await asyncio.to_thread(_checked, connect, settings)

    async def configure(connection: "AsyncConnection[Any]") -> None:
        for statement, parameters in _configuration(settings):
            await connection.execute(statement, parameters)

    pool = AsyncConnectionPool(
        dsn,
        kwargs={"autocommit": True, "application_name": application},
        min_size=settings.pool_size,
        max_size=settings.pool_size,
        configure=configure,
        open=False,
    )
    with watching(connect, application, site.clock) as waits:
        async with pool:
            try:
                await pool.wait()
            except PoolTimeout as error:
                raise ReplayError(
                    f"retrieve: the database does not give us {settings.pool_size} connections",
                    hint="a smaller retrieve.pool_size, or a larger max_connections there",
                ) from error
            yield PgvectorRetriever(search, dimensions, pool, connect, waits)


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


def _checked(connect: "Callable[[], Connection[Any]]", settings: Settings) -> tuple[VectorSearch, int | None]:
    """The search and the dimensions it takes, tried out without running it.

    Raises ReplayError where the database is not there, ConfigError where something that the settings name is not.
    """
    from psycopg import Error, OperationalError
    from psycopg.errors import LockNotAvailable

    from llmaudit.replay.postgres.facts import column_of, dimensions_of
    from llmaudit.replay.postgres.plan import explain

    try:
        with connect() as connection:
            search = _search(settings)
            column = column_of(connection, search)
            search = replace(search, vector_type=column.vector_type)
            explain(connection, search.statement(), {"embedding": None})
            return search, column.dimensions or dimensions_of(connection, search)
    except LockNotAvailable as error:
        raise ReplayError(
            f"retrieve: somebody holds a lock on {settings.table} that nobody can read it under",
            hint="select * from pg_locks where not granted; pg_blocking_pids() names who holds it",
        ) from error
    except OperationalError as error:
        raise ReplayError(
            f"retrieve: the database cannot be reached: {_first_line(error)}",
            hint="does `psql` reach it with the same address? retrieve.dsn is postgresql://user@host:port/name",
        ) from error
    except Error as error:
        raise ConfigError(f"retrieve: PostgreSQL refuses the search: {_first_line(error)}") from error


def _search(settings: Settings) -> VectorSearch:
    return VectorSearch(
        table=settings.table,
        key=settings.key,
        content=settings.content,
        embedding=settings.embedding,
        distance=settings.distance,
        k=settings.top_k,
        where=settings.where,
    )


def _connected(dsn: str, settings: Settings, application: str) -> "Connection[Any]":
    """A connection set up as those of the pool are, but one that does not wait for a lock for ever."""
    import psycopg

    connection = psycopg.connect(dsn, autocommit=True, application_name=application, connect_timeout=_PATIENCE_SECONDS)
    connection.execute(f"set lock_timeout = '{_PATIENCE_SECONDS}s'")
    for statement, parameters in _configuration(settings):
        connection.execute(statement, parameters)
    return connection


def _configuration(settings: Settings) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Statements that set up a connection."""
    # Loads pgvector, without which its settings would be taken whatever they say.
    yield "select null::vector", ()
    for name, value in settings.settings.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        yield "select pg_catalog.set_config(%s, %s, false)", (name, text)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


PART: Part[Settings, Retriever] = Part(Slot.RETRIEVE, "pgvector", Settings, _open, remote=True)
