"""The server is what other tests measure with, so what it promises is held here."""

import json
import ssl

import httpx2
import pytest

from tests.services.openai_server import Fault, OpenAIServer, serving, tokens

CHAT = {"model": "m", "messages": [{"role": "user", "content": "a" * 40}]}


def client(server: OpenAIServer) -> httpx2.Client:
    verify = ssl.create_default_context(cafile=str(server.certificate)) if server.certificate else True
    return httpx2.Client(base_url=server.url, verify=verify, trust_env=False, timeout=20)


@pytest.mark.parametrize("tls", [False, True])
def test_it_answers_and_keeps_the_connection(tls: bool) -> None:
    with serving(tls=tls) as server, client(server) as asking:
        vectors = asking.post("/embeddings", json={"model": "e", "input": ["red fox", "red fox", "blue"]}).json()
        chat = asking.post("/chat/completions", json={**CHAT, "max_tokens": 3}).json()
        ranked = asking.post(
            "/rerank", json={"model": "r", "query": "red fox", "documents": ["a hen", "the fox"], "top_n": 1}
        ).json()
        assert server.connections == 1
        assert [seen.path for seen in server.seen] == ["/v1/embeddings", "/v1/chat/completions", "/v1/rerank"]
    first, second, third = (each["embedding"] for each in vectors["data"])
    assert first == second != third
    assert chat["choices"][0]["message"]["content"] == "wordwordword"
    assert chat["usage"] == {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13}
    assert [each["index"] for each in ranked["results"]] == [1]


def test_a_stream_begins_with_an_empty_role_and_ends_with_the_usage() -> None:
    body = {**CHAT, "stream": True, "stream_options": {"include_usage": True}}
    with serving() as server, client(server) as asking:
        server.behaviour.output_tokens = 2
        lines = [line for line in asking.post("/chat/completions", json=body).text.splitlines() if line]
    assert lines.pop() == "data: [DONE]"
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks[:-1]]
    assert deltas == [{"role": "assistant", "content": ""}, {"content": "word"}, {"content": "word"}, {}]
    assert (chunks[-1]["choices"], chunks[-1]["usage"]["completion_tokens"]) == ([], 2)


def test_faults_come_in_order_and_then_it_answers_again() -> None:
    with serving() as server, client(server) as asking:
        server.next("/v1/embeddings", Fault(429, {"retry-after": "7"}), Fault("drop"))
        refused = asking.post("/embeddings", json={"model": "e", "input": "x"})
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "7")
        with pytest.raises(httpx2.RemoteProtocolError):
            asking.post("/embeddings", json={"model": "e", "input": "x"})
        assert asking.post("/embeddings", json={"model": "e", "input": "x"}).status_code == 200


def test_a_stream_can_break_in_the_middle() -> None:
    with serving() as server, client(server) as asking:
        server.next("/v1/chat/completions", Fault("drop", after_tokens=2))
        with pytest.raises(httpx2.RemoteProtocolError):
            asking.post("/chat/completions", json={**CHAT, "stream": True})


def test_a_hanging_server_can_still_be_closed_and_a_dead_one_refuses() -> None:
    with serving() as server, client(server) as asking:
        server.always = Fault("hang")
        with pytest.raises(httpx2.ReadTimeout):
            asking.post("/embeddings", json={"model": "e", "input": "x"}, timeout=0.05)
        server.die()
        with pytest.raises(httpx2.ConnectError):
            asking.post("/embeddings", json={"model": "e", "input": "x"})


def test_a_token_is_four_characters() -> None:
    assert (tokens("abcdefgh"), tokens("abcdefg"), tokens("")) == (2, 1, 1)
