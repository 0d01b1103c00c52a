"""An HTTP API that answers as OpenAI's or Cohere's does: one client, tries again as their libraries do, no more calls
than are allowed. What it takes and what it says is timed from outside, by `replay/http_timing/`.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator

from llmaudit.config import Section
from llmaudit.errors import ReplayError
from llmaudit.replay.drive import StopMeasuring
from llmaudit.replay.pipeline.budget import Budget
from llmaudit.replay.pipeline.part import Site
from llmaudit.replay.pipeline.reference import SecretReference, resolved

if TYPE_CHECKING:
    from httpx2 import AsyncClient, Response

_AGAIN = frozenset({408, 409, 429})
"""And from 500 on: as the openai library does (openai-python, README, "Retries", read 2026-11-27)."""
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.5, 60.0


class EndpointSettings(Section):
    """Where it is and how it is asked. `connections: new` opens one for every request, as code without a client does.

    `retries` are tries after the first: on 408, 409, 429 and 5xx, after `Retry-After` or 0.5 s, 1 s, 2 s, …
    """

    model: str
    base_url: str = "https://api.openai.com/v1"
    key: SecretReference | None = None
    connections: Literal["pooled", "new"] = "pooled"
    retries: int = Field(default=2, ge=0, le=10)

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise ValueError("an address begins with http:// or https://")
        return url.rstrip("/")


class ApiError(Exception):
    """A refusal. It is known by its status; what the provider wrote may quote the question, and is left out."""

    def __init__(self, status_code: int, headers: Mapping[str, str]) -> None:
        super().__init__(f"HTTP status {status_code}")
        self.status_code = status_code
        self.headers = headers


class MalformedAnswer(Exception):
    """An answer that is not of this API: another service stands at the address, or a page of a proxy."""


def part_of(said: Any, *path: str | int) -> Any:
    """What stands at a place of an answer. Raises MalformedAnswer where nothing does."""
    for step in path:
        try:
            said = said[step]
        except (KeyError, IndexError, TypeError) as error:
            raise MalformedAnswer(f"the answer has no {'.'.join(map(str, path))}") from error
    return said


class Endpoint:
    """The API at work."""

    def __init__(self, settings: EndpointSettings, client: "AsyncClient | None", budget: Budget) -> None:
        self._settings = settings
        self._client = client
        self._budget = budget

    async def ask(self, path: str, body: dict[str, Any]) -> Any:
        """The answer's JSON. Raises ApiError for a refusal, MalformedAnswer, and what httpx2 raises."""
        async with self._answer(path, body) as response:
            content = await response.aread()
        try:
            return json.loads(content)
        except ValueError as error:
            raise MalformedAnswer("the answer is not JSON") from error

    async def stream(self, path: str, body: dict[str, Any]) -> AsyncIterator[Any]:
        """The JSON of every event of a streamed answer, as it comes."""
        async with self._answer(path, body) as response:
            async for line in response.aiter_lines():
                text = line.removeprefix("data:").strip()
                if text.startswith("{"):
                    yield json.loads(text)

    @asynccontextmanager
    async def _answer(self, path: str, body: dict[str, Any]) -> "AsyncIterator[Response]":
        """The first good answer, its body yet to be read."""
        tried = 0
        async with AsyncExitStack() as stack:
            client = self._client
            if client is None:
                client = await stack.enter_async_context(_client(self._settings))
            while True:
                self._budget.take()
                request = client.build_request("POST", f"{self._settings.base_url}{path}", json=body)
                response = await client.send(request, stream=True)
                if response.status_code < 400:
                    stack.push_async_callback(response.aclose)
                    yield response
                    return
                await response.aread()
                again = response.status_code in _AGAIN or response.status_code >= 500
                if not again or tried == self._settings.retries:
                    raise ApiError(response.status_code, dict(response.headers))
                await asyncio.sleep(_wait_seconds(response.headers, tried))
                tried += 1


@contextmanager
def before_measuring(what: str) -> Iterator[None]:
    """Around requests that are made before the first query: there a refusal is no measurement but an end.

    Raises ReplayError for a provider that refuses or is not there, and for a limit that is reached.
    """
    try:
        yield
    except StopMeasuring as limit:
        raise ReplayError(f"{what}: {limit} before the first query", hint="a larger --max-calls") from limit
    except Exception as error:
        from httpx2 import HTTPError

        if not isinstance(error, ApiError | MalformedAnswer | HTTPError):
            raise
        told = type(error).__qualname__ if isinstance(error, HTTPError) else str(error)
        raise ReplayError(f"{what}: the endpoint does not answer as it should: {told}") from error


@asynccontextmanager
async def opened(settings: EndpointSettings, site: Site) -> AsyncIterator[Endpoint]:
    """The endpoint, with its client for as long as it is open. Nothing is asked yet."""
    if settings.connections == "new":
        yield Endpoint(settings, None, site.budget)
        return
    async with _client(settings) as client:
        yield Endpoint(settings, client, site.budget)


def _client(settings: EndpointSettings) -> "AsyncClient":
    from httpx2 import AsyncClient, Limits

    headers = {"authorization": f"Bearer {resolved(settings.key, 'key')}"} if settings.key else {}
    # No timeout of its own: how long a query may take is for whoever measures to say.
    return AsyncClient(headers=headers, timeout=None, limits=Limits(max_connections=None))


def _wait_seconds(headers: Mapping[str, str], tried: int) -> float:
    usual = _FIRST_WAIT_SECONDS * 2**tried
    try:
        asked = float(headers.get("retry-after", usual))
    except ValueError:  # a date, which no clock here can be held against
        asked = usual
    return max(0.0, min(asked, _LONGEST_WAIT_SECONDS))
