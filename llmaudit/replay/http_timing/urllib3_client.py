"""urllib3, and so requests: every try of a request is one `_make_request` of a pool, on one connection.

TCP and TLS are the connection's own `_new_conn` and `connect`; the body has been read when the response gives its
connection back. The names with an underscore are the same from urllib3 1.26 to 2.8, and are where its own subclasses
step in; there is no public place that sees single tries.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from typing import Any

from llmaudit.replay.http_timing.exchange import begin, underway


@contextmanager
def wrapped(name: str) -> Iterator[None]:
    """urllib3 with its requests timed."""
    pool = import_module(f"{name}.connectionpool").HTTPConnectionPool
    connection, response = import_module(f"{name}.connection"), import_module(f"{name}.response").HTTPResponse
    plain, tls = connection.HTTPConnection, connection.HTTPSConnection
    replaced = [
        (pool, "_make_request", _make_request),
        (plain, "_new_conn", _new_conn),
        (tls, "connect", _connect_tls),
        (plain, "request", _request),
        (response, "release_conn", _release_conn),
    ]
    before = [(owner, attribute, owner.__dict__[attribute]) for owner, attribute, _ in replaced]
    for (owner, attribute, make), (_, _, original) in zip(replaced, before, strict=True):
        setattr(owner, attribute, wraps(original)(make(original)))
    try:
        yield
    finally:
        for owner, attribute, original in before:
            setattr(owner, attribute, original)


def _make_request(original: Callable[..., Any]) -> Callable[..., Any]:
    def make_request(self: Any, conn: Any, method: str, url: str, *args: Any, **options: Any) -> Any:
        body = options.get("body") or b""
        repeatable = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else None
        exchange = begin(method, self.host, url.split("?")[0], repeatable)
        if exchange is None:
            return original(self, conn, method, url, *args, **options)
        try:
            with exchange.underway():
                response = original(self, conn, method, url, *args, **options)
        except BaseException as error:
            exchange.failed(error)
            raise
        exchange.first_byte()
        exchange.answered(response.status, {key.lower(): value for key, value in response.headers.items()})
        response._llmaudit_exchange = exchange
        if response.closed or getattr(response, "_connection", None) is None:
            exchange.ended()
        return response

    return make_request


def _new_conn(original: Callable[..., Any]) -> Callable[..., Any]:
    def new_conn(self: Any) -> Any:
        exchange = underway()
        if exchange is None:
            return original(self)
        with exchange.phase("connect"):
            return original(self)

    return new_conn


def _connect_tls(original: Callable[..., Any]) -> Callable[..., Any]:
    def connect(self: Any) -> Any:
        exchange = underway()
        if exchange is None:
            return original(self)
        original(self)
        exchange.handshake_ends()
        return None

    return connect


def _request(original: Callable[..., Any]) -> Callable[..., Any]:
    def request(self: Any, *args: Any, **options: Any) -> Any:
        exchange = underway()
        if exchange is not None:
            exchange.sending()
        return original(self, *args, **options)

    return request


def _release_conn(original: Callable[..., Any]) -> Callable[..., Any]:
    def release_conn(self: Any) -> Any:
        exchange = getattr(self, "_llmaudit_exchange", None)
        if exchange is not None:
            exchange.last_byte()
            exchange.ended()
        return original(self)

    return release_conn
