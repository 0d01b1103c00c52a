"""aiohttp: the client's own tracing, given to every session that is made inside.

It tells the time to a connection as one, TCP and TLS together, less the name lookup
(docs.aiohttp.org, "Tracing Reference", read 2026-11-27).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from typing import Any

from llmaudit.replay.http_timing.exchange import begin


@contextmanager
def wrapped(name: str) -> Iterator[None]:
    """aiohttp with the sessions made inside timed."""
    module = import_module(name)
    original = module.ClientSession.__init__

    @wraps(original)
    def init(self: Any, *args: Any, **options: Any) -> None:
        configs = [*(options.pop("trace_configs", None) or []), _config(module)]
        original(self, *args, trace_configs=configs, **options)

    module.ClientSession.__init__ = init
    try:
        yield
    finally:
        module.ClientSession.__init__ = original


def _config(module: Any) -> Any:
    config = module.TraceConfig()
    config.on_request_start.append(_start)
    config.on_connection_create_start.append(_phase_begins("connect"))
    config.on_connection_create_end.append(_phase_ends("connect"))
    config.on_dns_resolvehost_start.append(_phase_begins("dns"))
    config.on_dns_resolvehost_end.append(_phase_ends("dns"))
    config.on_request_headers_sent.append(_sending)
    config.on_request_end.append(_answered)
    config.on_request_exception.append(_failed)
    return config


async def _start(_session: Any, context: Any, params: Any) -> None:
    context.exchange = begin(params.method, params.url.host or "", params.url.path, None)


def _phase_begins(name: str) -> Any:
    async def begins(_session: Any, context: Any, _params: Any) -> None:
        if context.exchange is not None:
            context.exchange.phase_begins(name)

    return begins


def _phase_ends(name: str) -> Any:
    async def ends(_session: Any, context: Any, _params: Any) -> None:
        if context.exchange is not None:
            context.exchange.phase_ends(name)

    return ends


async def _sending(_session: Any, context: Any, _params: Any) -> None:
    if context.exchange is not None:
        context.exchange.sending()


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
