"""Answers from any endpoint that speaks OpenAI's API (POST /chat/completions), streamed or whole."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import Field

from llmaudit.replay.attributes import DOCUMENTS, MODEL, STREAMED
from llmaudit.replay.pipeline import endpoint
from llmaudit.replay.pipeline.part import Document, Generator, Part, Site, Slot
from llmaudit.replay.stage import current

_SYSTEM = "Answer the question from the documents. Say so if they do not answer it."


class Settings(endpoint.EndpointSettings):
    """What is asked for. `max_output_tokens` bounds an answer, and what it may cost."""

    stream: bool = True
    max_output_tokens: int = Field(default=300, ge=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    system: str = _SYSTEM


class OpenAIGenerator:
    """Documents and question in one message, behind the system prompt."""

    def __init__(self, api: endpoint.Endpoint, settings: Settings) -> None:
        self._api = api
        self._settings = settings

    async def generate(self, question: str, documents: list[Document]) -> str:
        if (span := current()) is not None:
            span.set(MODEL, self._settings.model)
            span.set(DOCUMENTS, len(documents))
            span.set(STREAMED, self._settings.stream)
        body = self._body(question, documents)
        if not self._settings.stream:
            said = await self._api.ask("/chat/completions", body)
            return str(endpoint.part_of(said, "choices", 0, "message", "content"))
        body |= {"stream": True, "stream_options": {"include_usage": True}}
        pieces = [_piece(event) async for event in self._api.stream("/chat/completions", body)]
        return "".join(pieces)

    def _body(self, question: str, documents: list[Document]) -> dict[str, Any]:
        found = "\n\n".join(document.text for document in documents)
        body: dict[str, Any] = {
            "model": self._settings.model,
            "messages": [
                {"role": "system", "content": self._settings.system},
                {"role": "user", "content": f"Documents:\n\n{found}\n\nQuestion: {question}"},
            ],
            "max_completion_tokens": self._settings.max_output_tokens,
        }
        if self._settings.temperature is not None:
            body["temperature"] = self._settings.temperature
        return body


def _piece(event: Any) -> str:
    """The text in an event; the last one holds the usage and no choice."""
    choices = event.get("choices") or [{}]
    return (choices[0].get("delta") or {}).get("content") or ""


@asynccontextmanager
async def _open(settings: Settings, site: Site) -> AsyncIterator[Generator]:
    async with endpoint.opened(settings, site) as api:
        yield OpenAIGenerator(api, settings)


PART: Part[Settings, Generator] = Part(Slot.GENERATE, "openai", Settings, _open, remote=True)
