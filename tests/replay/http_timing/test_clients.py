"""Every client: its connections, its first byte and its last, taken down alike. Delays are the server's own, and lower
bounds only: no machine is too slow for these."""

import asyncio
import socket
import threading
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import requests

from llmaudit.replay import attributes as names
from llmaudit.replay import carry, stage
from llmaudit.replay.http_timing import timing_http
from llmaudit.replay.span import Status
from tests.replay.http_timing.conftest import CHAT, CLIENTS, EMBED, measured, trusting
from tests.services.openai_server import Fault, serving

every_client = pytest.mark.parametrize("client", CLIENTS)
HANDSHAKE, WORK = 0.1, 0.05
UNREACHABLE = (httpx.ConnectError, httpx2.ConnectError, requests.ConnectionError, aiohttp.ClientConnectionError)


@every_client
def test_a_handshake_is_network_and_is_paid_once(client: str) -> None:
    with serving(tls=True) as server:
        server.behaviour.handshake_seconds, server.behaviour.embedding_seconds = HANDSHAKE, WORK
        with measured() as taken:
            assert CLIENTS[client](server, [EMBED, EMBED]) == [200, 200]
    first, second = taken.of("embedding")
    connection = taken.connection
    assert connection.parent_id == first.span_id
    assert first.start_ns <= connection.start_ns < connection.end_ns <= first.end_ns
    assert connection.duration_ns >= HANDSHAKE * 1e9
    assert (first.attributes[names.CONNECTION_REUSED], second.attributes[names.CONNECTION_REUSED]) == (False, True)
    assert (first.attributes[names.CONNECTIONS], second.attributes[names.CONNECTIONS]) == (1, 0)
    for span in (first, second):
        assert span.duration_ns >= WORK * 1e9
        waited = span.attributes[names.FIRST_BYTE_SECONDS]
        assert isinstance(waited, float)
        assert WORK <= waited <= span.duration_ns / 1e9
        assert (span.attributes[names.STATUS_CODE], span.attributes[names.SERVER_ADDRESS]) == (200, "localhost")


@every_client
def test_the_parts_of_a_connection(client: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow name server, then a slow handshake: neither hides in the other, nor in the connect between them."""
    resolve = socket.getaddrinfo
    looked_up: list[Any] = []

    def slow(*args: Any, **kwargs: Any) -> Any:
        server.wait(0.4)
        looked_up.append(args)
        return resolve(*args, **kwargs)

    with serving(tls=True) as server:
        server.behaviour.handshake_seconds = HANDSHAKE
        monkeypatch.setattr(socket, "getaddrinfo", slow)
        with measured() as taken:
            CLIENTS[client](server, [EMBED])
    told = {key: float(str(value)) for key, value in taken.connection.attributes.items() if "seconds" in key}
    assert len(looked_up) == 1
    assert told[names.DNS_SECONDS] >= 0.4
    whole = taken.connection.duration_ns / 1e9
    assert sum(told[name] for name in (names.DNS_SECONDS, names.CONNECT_SECONDS, names.TLS_SECONDS)) <= whole + 1e-6
    assert told[names.TLS_SECONDS] >= HANDSHAKE
    assert 0 < told[names.CONNECT_SECONDS] < told[names.DNS_SECONDS]


@every_client
def test_inside_a_stage_the_facts_are_the_stage_s_own(client: str) -> None:
    with serving(tls=True) as server, measured() as taken, stage("searching"):
        CLIENTS[client](server, [EMBED, EMBED])
    assert sorted({span.stage for span in taken.spans}) == ["network", "searching"]
    searching = taken.one("searching")
    assert taken.connection.parent_id == searching.span_id
    assert (searching.attributes[names.REQUESTS], searching.attributes[names.CONNECTIONS]) == (2, 1)
    assert searching.attributes[names.CONNECTION_REUSED] is False


@every_client
def test_a_refusal_is_an_error_of_the_request(client: str) -> None:
    with serving() as server:
        server.next("/v1/embeddings", Fault(500))
        with measured() as taken:
            assert CLIENTS[client](server, [EMBED]) == [500]
    assert (taken.one("embedding").status, taken.one("embedding").error_type) == (Status.ERROR, "500")


@every_client
def test_nobody_listening_is_an_error_of_the_connection(client: str) -> None:
    with serving() as server:
        server.die()
        with measured() as taken, pytest.raises(UNREACHABLE):
            CLIENTS[client](server, [EMBED])
    assert taken.one("embedding").status is Status.ERROR


@every_client
def test_clients_are_as_before_afterwards(client: str) -> None:
    with timing_http():
        pass
    with serving() as server, measured() as taken:
        pass
    with serving() as server:
        assert CLIENTS[client](server, [EMBED]) == [200]
    assert taken.spans == ()


@pytest.mark.parametrize("client", [each for each in CLIENTS if each != "aiohttp"])
def test_the_wait_between_two_tries_is_no_work(client: str) -> None:
    """Refused and asked again at once, with a pause by the caller between: the pause is `retry`, and counted."""
    with serving() as server:
        server.next("/v1/embeddings", Fault(429, {"retry-after": "0.2"}))
        with measured() as taken, stage("embedding"):
            assert CLIENTS[client](server, [EMBED, EMBED, EMBED]) == [429, 200, 200]
    embedding, wait = taken.one("embedding"), taken.one("retry")
    assert wait.parent_id == embedding.span_id
    assert embedding.start_ns < wait.start_ns <= wait.end_ns < embedding.end_ns
    assert (wait.attributes[names.STATUS_CODE], wait.attributes[names.RETRY_AFTER_SECONDS]) == (429, 0.2)
    assert (embedding.attributes[names.RETRIES], embedding.attributes[names.RATE_LIMITED]) == (1, 1)
    assert embedding.attributes[names.RETRY_WAIT_SECONDS] == wait.duration_ns / 1e9


def test_all_tries_of_a_request_that_is_a_stage_of_its_own_are_one() -> None:
    with serving() as server:
        server.next("/v1/embeddings", Fault(503), Fault(429, {"retry-after-ms": "80"}))
        with measured() as taken:
            assert CLIENTS["httpx2"](server, [EMBED, EMBED, EMBED]) == [503, 429, 200]
    embedding = taken.one("embedding")
    assert (embedding.status, embedding.error_type) == (Status.OK, None)
    assert [wait.parent_id for wait in taken.of("retry")] == [embedding.span_id] * 2
    assert embedding.attributes[names.REQUESTS] == 3
    assert (embedding.attributes[names.RETRIES], embedding.attributes[names.RATE_LIMITED]) == (2, 1)
    assert [wait.attributes.get(names.RETRY_AFTER_SECONDS) for wait in taken.of("retry")] == [None, 0.08]


def test_a_stream_ends_at_its_last_byte_and_begins_with_content() -> None:
    """The role comes at once, the first word after 0.15 s, the rest 0.01 s apart; the stage was left long before."""
    with serving() as server, httpx2.Client(trust_env=False) as client:
        server.behaviour.first_token_seconds, server.behaviour.seconds_per_output_token = 0.15, 0.01
        with measured() as taken:
            with stage("generation"):
                response = client.send(client.build_request("POST", server.url + CHAT[0], json=CHAT[1]), stream=True)
            for _ in response.iter_lines():
                pass
    generation = taken.one("generation")
    told = generation.attributes
    first_token = told[names.FIRST_TOKEN_SECONDS]
    assert isinstance(first_token, float)
    assert first_token >= 0.15
    assert generation.duration_ns / 1e9 >= 0.15 + 7 * 0.01
    first_byte = told[names.FIRST_BYTE_SECONDS]
    assert isinstance(first_byte, float)
    assert first_byte < first_token, "the headers do not wait for the model"
    counted = (told[names.STREAMED], told[names.MODEL], told[names.INPUT_TOKENS], told[names.OUTPUT_TOKENS])
    assert counted == (True, "m", 10, 8)


def test_tokens_of_several_requests_add_up_and_what_the_author_says_stands() -> None:
    """10 tokens in and 8 out, each time."""
    with serving() as server, httpx2.Client(trust_env=False) as client, measured() as taken:
        with stage("two answers"):
            for _ in range(2):
                client.post(server.url + CHAT[0], json=CHAT[1])
        with stage("known better") as span:
            span.set(names.OUTPUT_TOKENS, 5)
            client.post(server.url + CHAT[0], json=CHAT[1])
    counts = [
        (span.attributes[names.INPUT_TOKENS], span.attributes[names.OUTPUT_TOKENS])
        for span in taken.spans
        if span.stage != "network"
    ]
    assert counts == [(20, 16), (10, 5)]


def test_the_same_for_an_async_stream_outside_any_stage() -> None:
    async def ask() -> None:
        async with (
            httpx2.AsyncClient(trust_env=False) as client,
            client.stream("POST", server.url + CHAT[0], json=CHAT[1]) as response,
        ):
            async for _ in response.aiter_lines():
                pass

    with serving() as server, measured() as taken:
        server.behaviour.first_token_seconds = 0.15
        asyncio.run(ask())
    first_token = taken.one("generation").attributes[names.FIRST_TOKEN_SECONDS]
    assert isinstance(first_token, float)
    assert first_token >= 0.15


def test_a_stream_that_breaks_is_an_error() -> None:
    with serving() as server, httpx2.Client(trust_env=False) as client:
        server.next("/v1/chat/completions", Fault("drop", after_tokens=3))
        with measured() as taken, pytest.raises(httpx2.RemoteProtocolError):
            client.post(server.url + CHAT[0], json=CHAT[1])
    assert (taken.one("generation").status, taken.one("generation").error_type) == (Status.ERROR, "RemoteProtocolError")


def test_a_hung_server_is_a_timeout() -> None:
    with serving() as server, httpx2.Client(trust_env=False, timeout=0.1) as client:
        server.always = Fault("hang")
        with measured() as taken, pytest.raises(httpx2.ReadTimeout):
            client.post(server.url + EMBED[0], json=EMBED[1])
    assert (taken.one("embedding").status, taken.one("embedding").error_type) == (Status.TIMEOUT, "ReadTimeout")


def test_a_pool_that_is_too_small_is_waited_for() -> None:
    """Two requests of 0.4 s through one connection: one of them waited for the other."""
    together = threading.Barrier(2)

    def ask() -> None:
        together.wait()
        client.post(server.url + EMBED[0], json=EMBED[1])

    with serving() as server:
        server.behaviour.embedding_seconds = 0.4
        limits = httpx2.Limits(max_connections=1)
        with httpx2.Client(trust_env=False, limits=limits) as client, measured() as taken:
            threads = [threading.Thread(target=carry(ask)) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    (wait,) = [span for span in taken.of("network") if span.name == "wait for the pool"]
    assert wait.duration_ns > 0


def test_a_callback_of_the_application_is_still_called() -> None:
    told: list[str] = []
    with serving(tls=True) as server, httpx2.Client(trust_env=False, verify=trusting(server)) as client, measured():
        client.post(server.url + EMBED[0], json=EMBED[1], extensions={"trace": lambda event, _info: told.append(event)})
    assert "connection.connect_tcp.started" in told
