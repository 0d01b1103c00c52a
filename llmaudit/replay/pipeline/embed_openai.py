"""Embeddings from any endpoint that speaks OpenAI's API (POST /embeddings)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from llmaudit.replay.attributes import MODEL
from llmaudit.replay.pipeline import endpoint
from llmaudit.replay.pipeline.embedded import note_embedding
from llmaudit.replay.pipeline.part import Embedder, Part, Site, Slot, Vector
from llmaudit.replay.stage import current


class Settings(endpoint.EndpointSettings):
    """`dimensions` shortens the vectors, where the model can do that."""

    dimensions: int | None = None


class OpenAIEmbedder:
    """One text a request, as an application embeds a question."""

    def __init__(self, api: endpoint.Endpoint, settings: Settings) -> None:
        self.dimensions = settings.dimensions
        self._api = api
        self._settings = settings

    async def embed(self, text: str) -> Vector:
        note_embedding(text, local=False)
        if (span := current()) is not None:
            span.set(MODEL, self._settings.model)
        body: dict[str, Any] = {"model": self._settings.model, "input": text}
        if self._settings.dimensions is not None:
            body["dimensions"] = self._settings.dimensions
        said = await self._api.ask("/embeddings", body)
        return [float(value) for value in endpoint.part_of(said, "data", 0, "embedding")]


@asynccontextmanager
async def _open(settings: Settings, site: Site) -> AsyncIterator[Embedder]:
    async with endpoint.opened(settings, site) as api:
        yield OpenAIEmbedder(api, settings)


PART: Part[Settings, Embedder] = Part(Slot.EMBED, "openai", Settings, _open, remote=True)
