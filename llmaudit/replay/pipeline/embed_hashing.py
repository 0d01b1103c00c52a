"""The built-in embedder: words and pairs of words hashed into a vector. No model, no network, always the same.

Two texts are near when they share words (feature hashing, Weinberger et al., ICML 2009). It knows no meaning; it is
there so that a pipeline can be timed with nothing installed.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import blake2b
from itertools import pairwise

from pydantic import Field

from llmaudit.config import Section
from llmaudit.replay.pipeline.embedded import note_embedding
from llmaudit.replay.pipeline.part import Embedder, Part, Site, Slot, Vector
from llmaudit.replay.pipeline.words import words


class Settings(Section):
    """How long the vectors are."""

    dimensions: int = Field(default=256, ge=8, le=4096)


class HashingEmbedder:
    """Vectors of length 1, so that cosine and inner product agree; a text without words is the zero vector."""

    def __init__(self, dimensions: int) -> None:
        self.dimensions: int | None = dimensions
        self._size = dimensions

    async def embed(self, text: str) -> Vector:
        note_embedding(text, local=True)
        return self.vector(text)

    def vector(self, text: str) -> list[float]:
        """The vector of a text."""
        vector = [0.0] * self._size
        said = words(text)
        for feature in (*said, *map(" ".join, pairwise(said))):
            number = int.from_bytes(blake2b(feature.encode(), digest_size=8).digest(), "little")
            # The sign bit lets collisions cancel instead of pile up.
            vector[(number >> 1) % self._size] += 1.0 if number & 1 else -1.0
        length = sum(value * value for value in vector) ** 0.5
        return [value / length for value in vector] if length else vector


@asynccontextmanager
async def _open(settings: Settings, _site: Site) -> AsyncIterator[Embedder]:
    yield HashingEmbedder(settings.dimensions)


PART: Part[Settings, Embedder] = Part(Slot.EMBED, "hashing", Settings, _open, stand_in=True)
