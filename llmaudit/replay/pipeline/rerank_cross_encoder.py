"""Rerank with a cross-encoder on this machine, with sentence-transformers.

Source: sentence-transformers 6.2, `CrossEncoder.predict`, read 2026-11-27.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import Field

from llmaudit.config import Section
from llmaudit.replay.attributes import DOCUMENTS, LOCAL, MODEL
from llmaudit.replay.pipeline import local_model
from llmaudit.replay.pipeline.part import Document, Part, Reranker, Site, Slot
from llmaudit.replay.stage import current


class Settings(Section):
    """A name as sentence-transformers knows it, or a folder; and how many of the documents are kept."""

    model: str
    top_n: int = Field(default=3, ge=1)


class CrossEncoderReranker:
    """Every document is read together with the question, so the time grows with their number."""

    def __init__(self, model: Any, settings: Settings) -> None:
        self._model = model
        self._settings = settings

    async def rerank(self, question: str, documents: list[Document]) -> list[Document]:
        if (span := current()) is not None:
            span.set(LOCAL, True)
            span.set(MODEL, self._settings.model)
            span.set(DOCUMENTS, len(documents))
        if not documents:
            return []
        pairs = [(question, document.text) for document in documents]
        scores = await asyncio.to_thread(self._model.predict, pairs, show_progress_bar=False)
        order = sorted(range(len(documents)), key=lambda place: (-float(scores[place]), place))
        return [documents[place] for place in order[: self._settings.top_n]]


@asynccontextmanager
async def _open(settings: Settings, _site: Site) -> AsyncIterator[Reranker]:
    yield CrossEncoderReranker(local_model.loaded("CrossEncoder", settings.model), settings)


PART: Part[Settings, Reranker] = Part(Slot.RERANK, "cross_encoder", Settings, _open)
