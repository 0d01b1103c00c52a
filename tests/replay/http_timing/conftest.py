"""The clients, each asking in its own words, and what they made the recorder take down."""

import asyncio
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import aiohttp
import httpx
import httpx2
import requests

from llmaudit.replay.clock import MonotonicClock
from llmaudit.replay.http_timing import timing_http
from llmaudit.replay.span import Span
from llmaudit.replay.stage import recording
from tests.services.openai_server import OpenAIServer

EMBED: tuple[str, dict[str, Any]] = ("/embeddings", {"model": "embed-small", "input": "red fox"})
CHAT: tuple[str, dict[str, Any]] = (
    "/chat/completions",
    {"model": "m", "stream": True, "stream_options": {"include_usage": True}, "messages": [
        {"role": "user", "content": "a" * 40}]},
)  # fmt: skip
Request = tuple[str, dict[str, Any]]


def trusting(server: OpenAIServer) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=None if server.certificate is None else str(server.certificate))


def by_httpx(module: Any) -> Callable[..., list[int]]:
    def ask(server: OpenAIServer, sent: Sequence[Request]) -> list[int]:
        with module.Client(verify=trusting(server), trust_env=False, timeout=20) as client:
            return [client.post(server.url + path, json=body).status_code for path, body in sent]

    return ask


def by_async_httpx(module: Any) -> Callable[..., list[int]]:
    def ask(server: OpenAIServer, sent: Sequence[Request]) -> list[int]:
        async def asking() -> list[int]:
            async with module.AsyncClient(verify=trusting(server), trust_env=False, timeout=20) as client:
                return [(await client.post(server.url + path, json=body)).status_code for path, body in sent]

        return asyncio.run(asking())

    return ask


def by_requests(server: OpenAIServer, sent: Sequence[Request]) -> list[int]:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(server.certificate) if server.certificate else True
        return [session.post(server.url + path, json=body, timeout=20).status_code for path, body in sent]


def by_aiohttp(server: OpenAIServer, sent: Sequence[Request]) -> list[int]:
    async def asking() -> list[int]:
        found = []
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting(server))) as session:
            for path, body in sent:
                async with session.post(server.url + path, json=body) as response:
                    await response.read()
                    found.append(response.status)
        return found

    return asyncio.run(asking())


CLIENTS: dict[str, Callable[[OpenAIServer, Sequence[Request]], list[int]]] = {
    "httpx": by_httpx(httpx),
    "httpx2": by_httpx(httpx2),
    "httpx, async": by_async_httpx(httpx),
    "httpx2, async": by_async_httpx(httpx2),
    "requests": by_requests,
    "aiohttp": by_aiohttp,
}


class Taken:
    """The spans taken down in a block; there once it is left."""

    spans: tuple[Span, ...] = ()

    def of(self, stage: str) -> list[Span]:
        return [span for span in self.spans if span.stage == stage]

    @property
    def connection(self) -> Span:
        """The one connection that was opened."""
        (span,) = [span for span in self.of("network") if span.name == "open a connection"]
        return span

    def one(self, stage: str) -> Span:
        (span,) = self.of(stage)
        return span


@contextmanager
def measured() -> Iterator[Taken]:
    """What a query makes the recorder take down, on the real clock."""
    clock, taken = MonotonicClock(), Taken()
    with timing_http(), recording(clock) as taking:
        yield taken
        taken.spans = taking.spans(clock.now_ns())
