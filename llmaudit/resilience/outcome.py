"""What a finished call says about its provider: that it works, that it fails, or nothing.

Nothing is said by a mistake of the caller (any 4xx but those below), by a call that was given up before the provider's
time was over, and by a 429 that says when to come back: a provider that rations is not a provider that is down, and
opening on it blocks innocent calls (github.com/voidmind-io/voidllm/pull/185 and github.com/Instawork/llm-proxy/pull/3,
read 2026-11-27). A 429 that does not say when counts, because then nobody but the breaker can decide. 408 and 425 are
the server's own "not now".
"""

import asyncio
import errno
import socket
import ssl
from collections.abc import Mapping
from enum import StrEnum

_SERVER_NOT_READY = frozenset({408, 425})
_STOPPED = (KeyboardInterrupt, GeneratorExit, SystemExit)
_BROKEN = (ConnectionError, socket.gaierror, ssl.SSLError)
_BROKEN_NAMES = ("connection", "transporterror", "networkerror", "operationalerror")
_UNREACHABLE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN})
# The caller's pool was empty, or the caller wrote a request that cannot be sent.
_OUR_OWN = ("pooltimeout", "unsupportedprotocol", "localprotocolerror")


class Outcome(StrEnum):
    """What one call says about its provider."""

    SUCCESS = "success"
    FAILURE = "failure"
    TIMEOUT = "timeout"
    """A client's own limit ran out. The policy says whether that was the provider's time."""
    GIVEN_UP = "given_up"
    """Whoever asked did not wait any longer, or no longer needs it. A failure only after the provider's time, if the
    policy names one."""
    NEUTRAL = "neutral"


def of_status(status: int, headers: Mapping[str, str]) -> Outcome:
    """What an HTTP status says; `headers` only has to know `retry-after`, in the case its client uses."""
    if status < 400:
        return Outcome.SUCCESS
    if status == 429:
        waits = any(name.lower() in ("retry-after", "retry-after-ms") for name in headers)
        return Outcome.NEUTRAL if waits else Outcome.FAILURE
    return Outcome.FAILURE if status >= 500 or status in _SERVER_NOT_READY else Outcome.NEUTRAL


def outcome_of(error: BaseException | None) -> Outcome:
    """What an error says, by its HTTP status where it has one (httpx, openai, requests, urllib and aiohttp do).

    Without a status it is the network's if it is one of the standard errors or is named as every client names those;
    any other error is the application's own and says nothing about a provider.
    """
    if error is None:
        return Outcome.SUCCESS
    if isinstance(error, asyncio.CancelledError):
        return Outcome.GIVEN_UP
    if isinstance(error, _STOPPED):
        return Outcome.NEUTRAL
    if (status := _status(error)) is not None:
        return of_status(status, _headers(error))
    names = " ".join(kind.__name__ for kind in type(error).__mro__).lower()
    if any(word in names for word in _OUR_OWN):
        return Outcome.NEUTRAL
    # urllib3 calls a refused connection (NewConnectionError) a kind of timeout.
    if isinstance(error, TimeoutError) or ("timeout" in names and "newconnectionerror" not in names):
        return Outcome.TIMEOUT
    unreachable = isinstance(error, OSError) and error.errno in _UNREACHABLE
    broken = isinstance(error, _BROKEN) or any(word in names for word in _BROKEN_NAMES)
    return Outcome.FAILURE if unreachable or broken else Outcome.NEUTRAL


def _status(error: BaseException) -> int | None:
    for holder in (error, getattr(error, "response", None)):
        for name in ("status_code", "status", "code"):
            value = getattr(holder, name, None)
            if isinstance(value, int) and 100 <= value < 600:
                return value
    return None


def _headers(error: BaseException) -> Mapping[str, str]:
    for holder in (getattr(error, "response", None), error):
        headers = getattr(holder, "headers", None)
        if headers is not None:
            return {str(name): "" for name in headers}
    return {}
