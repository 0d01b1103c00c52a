"""aiohttp: the client's own tracing, given to every session that is made inside.

It tells the time to a connection as one. TCP is what its helper `aiohappyeyeballs.start_connection` takes, TLS the rest
(docs.aiohttp.org, "Tracing Reference", read 2026-11-27).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from typing import Any

from llmaudit.replay.http_timing.exchange import Exchange, begin, goes_on_as, underway


@contextmanager
def wrapped(name: str) -> Iterator[None]:
    """aiohttp with the sessions made inside timed."""
    module, sockets = import_module(name), _sockets()
    init, start_connection = module.ClientSession.__init__, sockets.start_connection

    @wraps(init)
    def timed_init(self: Any, *args: Any, **options: Any) -> None:
        configs = [*(options.pop("trace_configs", None) or []), _config(module)]
        init(self, *args, trace_configs=configs, **options)

    @wraps(start_connection)
    async def timed_connection(*args: Any, **options: Any) -> Any:
        exchange = underway()
        if exchange is None:
            return await start_connection(*args, **options)
        with exchange.phase("connect"):
            return await start_connection(*args, **options)

    module.ClientSession.__init__, sockets.start_connection = timed_init, timed_connection
    try:
        yield
    finally:
        module.ClientSession.__init__, sockets.start_connection = init, start_connection


def _sockets() -> Any:
    return import_module("aiohappyeyeballs")


def _config(module: Any) -> Any:
    config = module.TraceConfig()
    config.on_request_start.append(_start)
    for event, happened in (
        (config.on_connection_create_start, goes_on_as),
        (config.on_dns_resolvehost_start, lambda exchange: exchange.phase_begins("dns")),
        (config.on_dns_resolvehost_end, lambda exchange: exchange.phase_ends("dns")),
        (config.on_request_headers_sent, Exchange.sending),
    ):
        event.append(_told(happened))
    config.on_connection_create_end.append(_connected)
    config.on_request_end.append(_answered)
    config.on_request_exception.append(_failed)
    return config


async def _start(_session: Any, context: Any, params: Any) -> None:
    context.exchange = begin(params.method, params.url.host or "", params.url.path, None)
    context.tls = params.url.scheme in ("https", "wss")


def _told(happened: Callable[[Exchange], None]) -> Any:
    async def told(_session: Any, context: Any, _params: Any) -> None:
        if context.exchange is not None:
            happened(context.exchange)

    return told


async def _connected(_session: Any, context: Any, _params: Any) -> None:
    if context.exchange is not None and context.tls:
        context.exchange.handshake_ends()


async def _answered(_session: Any, context: Any, params: Any) -> None:
    exchange = context.exchange
    if exchange is None:
        return
    exchange.first_byte()
    exchange.answered(params.response.status, {key.lower(): value for key, value in params.response.headers.items()})

    def ended() -> None:
        exchange.last_byte()
        exchange.ended()

    params.response.content.on_eof(ended)


async def _failed(_session: Any, context: Any, params: Any) -> None:
    if context.exchange is not None:
        context.exchange.failed(params.exception)
