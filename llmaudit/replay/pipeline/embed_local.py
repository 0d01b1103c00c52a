"""Embeddings from a model on this machine, with sentence-transformers.

Source: sentence-transformers 6.2, `SentenceTransformer.encode`, read 2026-11-27. How it calls the number of dimensions
changed between versions, so that is left to the first answer.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from llmaudit.config import Section
from llmaudit.replay.attributes import MODEL
from llmaudit.replay.pipeline import local_model
from llmaudit.replay.pipeline.embedded import note_embedding
from llmaudit.replay.pipeline.part import Embedder, Part, Site, Slot, Vector
from llmaudit.replay.stage import current


class Settings(Section):
    """A name as sentence-transformers knows it, or a folder."""

    model: str


class LocalEmbedder:
    """One text at a time."""

    def __init__(self, model: Any, name: str) -> None:
        self.dimensions: int | None = None
        self._model = model
        self._name = name

    async def embed(self, text: str) -> Vector:
        note_embedding(text, local=True)
        if (span := current()) is not None:
            span.set(MODEL, self._name)
        found = await asyncio.to_thread(self._model.encode, text, show_progress_bar=False)
        return [float(value) for value in found]


@asynccontextmanager
async def _open(settings: Settings, _site: Site) -> AsyncIterator[Embedder]:
    yield LocalEmbedder(local_model.loaded("SentenceTransformer", settings.model), settings.model)


PART: Part[Settings, Embedder] = Part(Slot.EMBED, "local", Settings, _open)
