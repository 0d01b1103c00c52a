"""httpx and httpx2 (which newer clients of OpenAI and others are built on): `Client.send` and `AsyncClient.send`.

The parts of a connection come from the `trace` extension of a request, the body from its stream; both are public
(www.python-httpx.org/advanced/extensions, read 2026-11-27). A callback that the application gave is called as well.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from typing import Any

from llmaudit.replay.http_timing.exchange import Exchange, begin

_PHASES = {"connect_tcp": "connect", "connect_unix_socket": "connect", "start_tls": "tls"}


@contextmanager
def wrapped(name: str) -> Iterator[None]:
    """The module of this name with its clients timed."""
    module = import_module(name)
    sync_send, async_send = module.Client.send, module.AsyncClient.send
    stream_type, async_stream_type = _streams(module)

    @wraps(sync_send)
    def send(self: Any, request: Any, **options: Any) -> Any:
        exchange = _begin(module, request)
        if exchange is None:
            return sync_send(self, request, **options)
        request.extensions = {**request.extensions, "trace": _trace(exchange, request.extensions.get("trace"))}
        with exchange.underway(), _reported(exchange):
            response = sync_send(self, request, **options)
        return _answered(exchange, response, stream_type if options.get("stream") else None)

    @wraps(async_send)
    async def send_async(self: Any, request: Any, **options: Any) -> Any:
        exchange = _begin(module, request)
        if exchange is None:
            return await async_send(self, request, **options)
        request.extensions = {**request.extensions, "trace": _async_trace(exchange, request.extensions.get("trace"))}
        with exchange.underway(), _reported(exchange):
            response = await async_send(self, request, **options)
        return _answered(exchange, response, async_stream_type if options.get("stream") else None)

    module.Client.send, module.AsyncClient.send = send, send_async
    try:
        yield
    finally:
        module.Client.send, module.AsyncClient.send = sync_send, async_send


def _begin(module: Any, request: Any) -> Exchange | None:
    # What is streamed upwards can be read once only, and not by us.
    body = request.read() if isinstance(request.stream, module.ByteStream) else None
    return begin(request.method, request.url.host, request.url.path, body)


@contextmanager
def _reported(exchange: Exchange) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        exchange.failed(error)
        raise


def _answered(exchange: Exchange, response: Any, stream_type: Any) -> Any:
    exchange.answered(response.status_code, response.headers)
    if stream_type is None:
        exchange.received(response.content)
        exchange.ended()
    else:
        response.stream = stream_type(response.stream, exchange)
    return response


def _happened(exchange: Exchange, event: str, info: dict[str, Any]) -> None:
    """An event is called `connection.connect_tcp.started`: who, what, and how far it is."""
    *_, what, state = event.split(".")
    phase = _PHASES.get(what)
    if phase is not None and state == "started":
        exchange.phase_begins(phase)
    elif phase is not None:
        exchange.phase_ends(phase, info.get("exception"))
    elif (what, state) == ("send_request_headers", "started"):
        exchange.sending()
    elif (what, state) == ("receive_response_headers", "complete"):
        exchange.first_byte()


def _trace(exchange: Exchange, before: Callable[[str, Any], None] | None) -> Callable[[str, Any], None]:
    def trace(event: str, info: dict[str, Any]) -> None:
        _happened(exchange, event, info)
        if before is not None:
            before(event, info)

    return trace


def _async_trace(
    exchange: Exchange, before: Callable[[str, Any], Awaitable[None]] | None
) -> Callable[[str, Any], Awaitable[None]]:
    async def trace(event: str, info: dict[str, Any]) -> None:
        _happened(exchange, event, info)
        if before is not None:
            await before(event, info)

    return trace


def _streams(module: Any) -> tuple[Any, Any]:
    """The two kinds of body, timed. Everything else about them (httpx2 reads `elapsed` there) is the client's own."""

    class Timed:
        def __init__(self, stream: Any, exchange: Exchange) -> None:
            self._stream, self._exchange = stream, exchange

        def __getattr__(self, name: str) -> Any:
            return getattr(self._stream, name)

    class Stream(Timed, module.SyncByteStream):  # type: ignore[misc]
        def __iter__(self) -> Iterator[bytes]:
            with _reported(self._exchange):
                for chunk in self._stream:
                    self._exchange.received(chunk)
                    yield chunk
            self._exchange.ended()

        def close(self) -> None:
            self._stream.close()
            self._exchange.ended()

    class AsyncStream(Timed, module.AsyncByteStream):  # type: ignore[misc]
        async def __aiter__(self) -> AsyncIterator[bytes]:
            with _reported(self._exchange):
                async for chunk in self._stream:
                    self._exchange.received(chunk)
                    yield chunk
            self._exchange.ended()

        async def aclose(self) -> None:
            await self._stream.aclose()
            self._exchange.ended()

    return Stream, AsyncStream
