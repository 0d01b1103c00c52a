"""The embedded retriever: the documents of a file in DuckDB, in memory, searched exactly by cosine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import Field

from llmaudit.config import Section
from llmaudit.errors import ConfigError
from llmaudit.replay.attributes import DOCUMENTS, DOCUMENTS_WANTED
from llmaudit.replay.pipeline import corpus, endpoint
from llmaudit.replay.pipeline.part import Document, Part, Retriever, Site, Slot, Vector
from llmaudit.replay.queries import Query
from llmaudit.replay.stage import current
from llmaudit.store import IN_MEMORY, Store, load_sql, open_store


class Settings(Section):
    """`corpus` is a file of documents, beside the pipeline file; without it the sample handbook."""

    corpus: Path | None = None
    top_k: int = Field(default=10, ge=1)


class DuckDBRetriever:
    """Documents and their vectors in a table."""

    def __init__(self, store: Store, top_k: int, dimensions: int) -> None:
        self.dimensions: int | None = dimensions
        self._store = store
        self._top_k = top_k
        self._query = load_sql(__package__, "retrieve_duckdb")

    async def retrieve(self, _query: Query, vector: Vector) -> list[Document]:
        span = current()
        found = await asyncio.to_thread(self._nearest, list(vector))
        if span is not None:
            span.set(DOCUMENTS_WANTED, self._top_k)
            span.set(DOCUMENTS, len(found))
        return found

    def _nearest(self, vector: list[float]) -> list[Document]:
        # One connection answers one question at a time; a cursor is a connection to the same tables.
        rows = self._store.beside().rows(self._query, {"vector": vector, "k": self._top_k})
        return [Document(*row) for row in rows]


@asynccontextmanager
async def _open(settings: Settings, site: Site) -> AsyncIterator[Retriever]:
    assert site.embedder is not None
    path = corpus.path_of(settings.corpus, site.folder)
    documents = corpus.read(path)
    with endpoint.before_measuring(f"embed: {path}"):
        vectors = [list(await site.embedder.embed(document.text)) for document in documents]
    sizes = sorted({len(vector) for vector in vectors})
    if len(sizes) > 1:
        raise ConfigError(f"embed: gives vectors of {sizes[0]} and of {sizes[-1]} dimensions for {path}")
    with open_store(IN_MEMORY) as store:
        store.run("create table documents (id varchar, text varchar, embedding float[])")
        rows = [(one.document_id, one.text, vector) for one, vector in zip(documents, vectors, strict=True)]
        store.insert("documents", rows)
        yield DuckDBRetriever(store, settings.top_k, sizes[0])


PART: Part[Settings, Retriever] = Part(Slot.RETRIEVE, "duckdb", Settings, _open)
