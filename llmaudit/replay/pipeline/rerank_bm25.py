"""Rerank by BM25 over the documents that were found, with the library bm25s."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import Field

from llmaudit.config import Section
from llmaudit.replay.attributes import DOCUMENTS, LOCAL
from llmaudit.replay.pipeline.part import Document, Part, Reranker, Site, Slot
from llmaudit.replay.pipeline.words import words
from llmaudit.replay.stage import current


class Settings(Section):
    """How many of the documents are kept."""

    top_n: int = Field(default=3, ge=1)


class BM25Reranker:
    """Ties keep the order in which the documents were found. How rare a word is, is counted among those alone."""

    def __init__(self, top_n: int, bm25: Any) -> None:
        self._top_n = top_n
        self._bm25 = bm25

    async def rerank(self, question: str, documents: list[Document]) -> list[Document]:
        span = current()
        if span is not None:
            span.set(LOCAL, True)
            span.set(DOCUMENTS, len(documents))
        texts = [words(document.text) for document in documents]
        if not any(texts):
            return documents[: self._top_n]
        ranker = self._bm25()
        ranker.index(texts, show_progress=False)
        scores = ranker.get_scores(words(question))
        order = sorted(range(len(documents)), key=lambda place: (-float(scores[place]), place))
        return [documents[place] for place in order[: self._top_n]]


@asynccontextmanager
async def _open(settings: Settings, _site: Site) -> AsyncIterator[Reranker]:
    from bm25s import BM25

    yield BM25Reranker(settings.top_n, BM25)


PART: Part[Settings, Reranker] = Part(Slot.RERANK, "bm25", Settings, _open)
