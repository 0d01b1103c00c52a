"""Which errors are the provider's. The errors are those of the real clients."""

import asyncio
import errno
import socket
import urllib.error
from email.message import Message

import httpx2
import pytest
import requests
import urllib3.exceptions

from llmaudit.resilience import Outcome, outcome_of

REQUEST = httpx2.Request("POST", "https://provider.example/v1/chat/completions")


def refused_with(status: int, **headers: str) -> httpx2.HTTPStatusError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.HTTPStatusError("no", request=REQUEST, response=httpx2.Response(status, headers=named))


def of_requests(status: int) -> requests.HTTPError:
    response = requests.Response()
    response.status_code = status
    return requests.HTTPError("no", response=response)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (None, Outcome.SUCCESS),
        (refused_with(500), Outcome.FAILURE),
        (refused_with(503, Retry_After="3"), Outcome.FAILURE),
        (refused_with(529), Outcome.FAILURE),
        (refused_with(408), Outcome.FAILURE),
        (refused_with(429, Retry_After="3"), Outcome.NEUTRAL),
        (refused_with(429, retry_after_ms="300"), Outcome.NEUTRAL),
        (refused_with(429), Outcome.FAILURE),
        (refused_with(400), Outcome.NEUTRAL),
        (refused_with(401), Outcome.NEUTRAL),
        (refused_with(404), Outcome.NEUTRAL),
        (of_requests(502), Outcome.FAILURE),
        (of_requests(422), Outcome.NEUTRAL),
        (urllib.error.HTTPError("https://p", 500, "no", Message(), None), Outcome.FAILURE),
        (httpx2.ConnectError("refused"), Outcome.FAILURE),
        (httpx2.RemoteProtocolError("closed"), Outcome.FAILURE),
        (httpx2.ReadTimeout("slow"), Outcome.TIMEOUT),
        (TimeoutError(), Outcome.TIMEOUT),
        (requests.exceptions.ReadTimeout(), Outcome.TIMEOUT),
        (ConnectionRefusedError(), Outcome.FAILURE),
        (urllib3.exceptions.NewConnectionError(None, "refused"), Outcome.FAILURE),  # type: ignore[arg-type]
        (socket.gaierror("no such host"), Outcome.FAILURE),
        (OSError(errno.ENETUNREACH, "unreachable"), Outcome.FAILURE),
        (httpx2.PoolTimeout("our own pool"), Outcome.NEUTRAL),
        (httpx2.UnsupportedProtocol("htp://"), Outcome.NEUTRAL),
        (FileNotFoundError(errno.ENOENT, "prompt.txt"), Outcome.NEUTRAL),
        (ValueError("the application's own"), Outcome.NEUTRAL),
        (asyncio.CancelledError(), Outcome.GIVEN_UP),
        (KeyboardInterrupt(), Outcome.NEUTRAL),
    ],
    ids=repr,
)
def test_what_an_error_says_about_the_provider(error: BaseException | None, said: Outcome) -> None:
    assert outcome_of(error) is said
