"""Retrieve from PostgreSQL with pgvector, through a pool of connections.

Source: psycopg 3, "Connection pools" (psycopg.org/psycopg3/docs/advanced/pool.html), read 2026-11-27.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from secrets import token_hex
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from pydantic import Field

from llmaudit.errors import ReplayError
from llmaudit.replay.attributes import DOCUMENTS, DOCUMENTS_WANTED
from llmaudit.replay.pipeline.part import Document, Part, Retriever, Site, Slot, Vector
from llmaudit.replay.pipeline.reference import resolved
from llmaudit.replay.postgres.database import Database, SearchSettings, configuration
from llmaudit.replay.postgres.search import VectorSearch, as_text
from llmaudit.replay.queries import Query
from llmaudit.replay.stage import current

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg_pool import AsyncConnectionPool

    from llmaudit.replay.postgres.facts import SearchFacts
    from llmaudit.replay.postgres.waits import LockWaits

_TRIPS = 15


class Settings(SearchSettings):
    """The same, with the column of the text that the model is given, and how many connections there are."""

    content: str = "content"
    pool_size: int = Field(default=4, ge=1)


class PgvectorRetriever:
    """A search and the pool it goes through. `waits` are the lock waits seen since it was opened."""

    def __init__(
        self,
        database: Database,
        search: VectorSearch,
        dimensions: int | None,
        pool: "AsyncConnectionPool[AsyncConnection[Any]]",
        waits: "LockWaits",
    ) -> None:
        self.database = database
        self.dimensions = dimensions
        self.waits = waits
        self._search = search
        self._pool = pool
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
        """What PostgreSQL says about the search now; None as in `Database.facts`."""
        found = await asyncio.to_thread(self.database.facts, self._search)
        if found is None:
            return None
        pace = replace(found.pace, round_trip_seconds=await self._round_trip_seconds(found.dimensions))
        return replace(found, pace=pace)

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

    # One name per run: the watch must not take another measurement's waits for ours.
    application = f"llmaudit {token_hex(4)}"
    database = Database(resolved(settings.dsn, "retrieve.dsn"), settings, application)
    search, dimensions = await asyncio.to_thread(database.checked, settings.content)

    async def configure(connection: "AsyncConnection[Any]") -> None:
        for statement, parameters in configuration(settings):
            await connection.execute(statement, parameters)

    pool = AsyncConnectionPool(
        database.dsn,
        kwargs={"autocommit": True, "application_name": application},
        min_size=settings.pool_size,
        max_size=settings.pool_size,
        configure=configure,
        open=False,
    )
    with watching(database.connect, site.clock, application=application) as waits:
        async with pool:
            try:
                await pool.wait()
            except PoolTimeout as error:
                raise ReplayError(
                    f"retrieve: the database does not give us {settings.pool_size} connections",
                    hint="a smaller retrieve.pool_size, or a larger max_connections there",
                ) from error
            yield PgvectorRetriever(database, search, dimensions, pool, waits)


PART: Part[Settings, Retriever] = Part(Slot.RETRIEVE, "pgvector", Settings, _open, remote=True)
