"""Rerank with any endpoint that speaks Cohere's API (POST /rerank: docs.cohere.com/reference/rerank, 2026-11-27)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import Field

from llmaudit.replay.attributes import DOCUMENTS, MODEL
from llmaudit.replay.pipeline import endpoint
from llmaudit.replay.pipeline.part import Document, Part, Reranker, Site, Slot
from llmaudit.replay.stage import current


class Settings(endpoint.EndpointSettings):
    """How many of the documents are kept."""

    base_url: str = "https://api.cohere.com/v2"
    top_n: int = Field(default=3, ge=1)


class CohereReranker:
    """The order is the endpoint's own."""

    def __init__(self, api: endpoint.Endpoint, settings: Settings) -> None:
        self._api = api
        self._settings = settings

    async def rerank(self, question: str, documents: list[Document]) -> list[Document]:
        if (span := current()) is not None:
            span.set(MODEL, self._settings.model)
            span.set(DOCUMENTS, len(documents))
        if not documents:
            return []
        said = await self._api.ask(
            "/rerank",
            {
                "model": self._settings.model,
                "query": question,
                "documents": [document.text for document in documents],
                "top_n": self._settings.top_n,
            },
        )
        ranked = endpoint.part_of(said, "results")
        return [endpoint.part_of(documents, endpoint.part_of(result, "index")) for result in ranked]


@asynccontextmanager
async def _open(settings: Settings, site: Site) -> AsyncIterator[Reranker]:
    async with endpoint.opened(settings, site) as api:
        yield CohereReranker(api, settings)


PART: Part[Settings, Reranker] = Part(Slot.RERANK, "cohere", Settings, _open, remote=True)
