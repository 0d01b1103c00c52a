"""The built-in stand-in for a model: the sentences of the documents that share most words with the question.

It takes a fraction of a millisecond where a model takes seconds, so with it a pipeline says nothing about generation.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import Field

from llmaudit.config import Section
from llmaudit.replay.attributes import DOCUMENTS, LOCAL
from llmaudit.replay.pipeline.part import Document, Generator, Part, Site, Slot
from llmaudit.replay.pipeline.words import words
from llmaudit.replay.stage import current

_SENTENCE = re.compile(r"[^.!?]+[.!?]*")


class Settings(Section):
    """How many sentences make an answer."""

    sentences: int = Field(default=2, ge=1)


class ExtractiveGenerator:
    """Sentences in the order of the documents; the first ones where none shares a word."""

    def __init__(self, sentences: int) -> None:
        self._sentences = sentences

    async def generate(self, question: str, documents: list[Document]) -> str:
        span = current()
        if span is not None:
            span.set(LOCAL, True)
            span.set(DOCUMENTS, len(documents))
        asked = set(words(question))
        said = [found[0].strip() for document in documents for found in _SENTENCE.finditer(document.text)]
        best = sorted(range(len(said)), key=lambda place: (-len(asked.intersection(words(said[place]))), place))
        return " ".join(said[place] for place in sorted(best[: self._sentences]))


@asynccontextmanager
async def _open(settings: Settings, _site: Site) -> AsyncIterator[Generator]:
    yield ExtractiveGenerator(settings.sentences)


PART: Part[Settings, Generator] = Part(Slot.GENERATE, "extractive", Settings, _open, stand_in=True)
