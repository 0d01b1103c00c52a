"""What a part of a pipeline is: it fills one slot, has settings, and is opened before the first query."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from llmaudit.config import Section
from llmaudit.replay.clock import Clock
from llmaudit.replay.pipeline.budget import Budget
from llmaudit.replay.queries import Query


class Slot(StrEnum):
    """Where a part stands in a pipeline. The value is its key in the file, `stage` the name of its time."""

    EMBED = "embed"
    RETRIEVE = "retrieve"
    RERANK = "rerank"
    GENERATE = "generate"

    @property
    def stage(self) -> str:
        return {"embed": "embedding", "retrieve": "retrieval", "rerank": "rerank", "generate": "generation"}[self]


@dataclass(frozen=True, slots=True)
class Document:
    """A piece of text that was found."""

    document_id: str
    text: str


Vector = Sequence[float]


class Embedder(Protocol):
    """Turns a text into a vector. `dimensions` is None where only an answer tells."""

    dimensions: int | None

    async def embed(self, text: str) -> Vector: ...


class Retriever(Protocol):
    """Finds the documents nearest to a vector. `dimensions` is what it takes; None where it takes any."""

    dimensions: int | None

    async def retrieve(self, query: Query, vector: Vector) -> list[Document]: ...


class Reranker(Protocol):
    """Puts documents in order, the best first, and leaves out the rest."""

    async def rerank(self, question: str, documents: list[Document]) -> list[Document]: ...


class Generator(Protocol):
    """Answers from documents."""

    async def generate(self, question: str, documents: list[Document]) -> str: ...


@dataclass(frozen=True, slots=True)
class Site:
    """What a part finds where it is opened: the folder of its file, the clock, what may be asked, who embeds."""

    folder: Path
    clock: Clock
    budget: Budget
    embedder: Embedder | None = None


S = TypeVar("S", bound=Section)
W = TypeVar("W", Embedder, Retriever, Reranker, Generator)


@dataclass(frozen=True, slots=True)
class Part(Generic[S, W]):
    """One kind of part: `{slot: {kind: …, its settings}}`.

    `open` raises ConfigError or ReplayError when the part cannot work (a key that is not set, a library that is not
    installed, a database that is not there). While it works, it sets facts on the current stage (see attributes.py).
    `remote`: it asks somebody else, so a breaker stands before it. `stand_in`: it takes the place of what a real
    pipeline has, and the answer says so. From a `model` and a `base_url` in `settings`, costs are estimated.
    """

    slot: Slot
    kind: str
    settings: type[S]
    open: Callable[[S, Site], AbstractAsyncContextManager[W]]
    remote: bool = False
    stand_in: bool = False


AnyPart = Part[Any, Any]
