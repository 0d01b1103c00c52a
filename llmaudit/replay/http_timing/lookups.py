"""Name lookups, which every client hides inside its time to connect: `getaddrinfo`, of the socket and of the loop."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from llmaudit.replay.http_timing.exchange import underway


@contextmanager
def timed() -> Iterator[None]:
    """Times the lookups of requests made inside. (A loop that is not Python's own, such as uvloop's, is not seen.)"""
    of_socket, of_loop = socket.getaddrinfo, asyncio.BaseEventLoop.getaddrinfo

    @wraps(of_socket)
    def getaddrinfo(*args: Any, **kwargs: Any) -> Any:
        exchange = underway()
        if exchange is None:
            return of_socket(*args, **kwargs)
        with exchange.phase("dns"):
            return of_socket(*args, **kwargs)

    @wraps(of_loop)
    async def loop_getaddrinfo(self: asyncio.BaseEventLoop, *args: Any, **kwargs: Any) -> Any:
        exchange = underway()
        if exchange is None:
            return await of_loop(self, *args, **kwargs)
        with exchange.phase("dns"):
            return await of_loop(self, *args, **kwargs)

    socket.getaddrinfo = getaddrinfo
    asyncio.BaseEventLoop.getaddrinfo = loop_getaddrinfo  # type: ignore[method-assign]
    try:
        yield
    finally:
        socket.getaddrinfo = of_socket
        asyncio.BaseEventLoop.getaddrinfo = of_loop  # type: ignore[method-assign]
