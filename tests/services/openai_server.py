"""A provider to be measured: chat, embeddings and rerank over real sockets, as slow and as faulty as a test says.

    with serving() as server:
        server.behaviour.first_token_seconds = 0.2
        server.next("/v1/embeddings", Fault(429, {"retry-after": "0.3"}))
        … server.url …
        assert server.connections == 1

It speaks HTTP/1.1 with connections kept open, in TLS if asked, and streams as OpenAI does: an empty chunk with the role
at once, then the content token by token, then the usage (developers.openai.com, "Streaming events" of the chat
completions, read 2026-11-27); rerank answers as Cohere's v2 does (docs.cohere.com/reference/rerank, read 2026-11-27).
Counts are exact: a token is four characters.
"""

from __future__ import annotations

import hashlib
import json
import socket
import ssl
import tempfile
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import trustme

DIMENSIONS = 64


@dataclass
class Behaviour:
    """How long things take, in seconds; a test may change it while the server runs."""

    handshake_seconds: float = 0.0
    embedding_seconds: float = 0.0
    rerank_seconds: float = 0.0
    rerank_seconds_per_document: float = 0.0
    first_token_seconds: float = 0.0
    seconds_per_input_token: float = 0.0
    seconds_per_output_token: float = 0.0
    output_tokens: int = 8
    slow_every: int = 0
    slow_seconds: float = 0.0
    """Every so many requests of one kind, one takes so much longer."""


@dataclass(frozen=True)
class Fault:
    """Instead of an answer: a status with headers, nothing ever (`hang`), or a closed connection (`drop`).

    `after_tokens` lets a streamed answer begin first.
    """

    status: int | Literal["hang", "drop"]
    headers: dict[str, str] = field(default_factory=dict)
    after_tokens: int = 0


@dataclass(frozen=True)
class Seen:
    """One request as it arrived. `connection` counts from 1."""

    path: str
    connection: int
    body: dict[str, Any]


def tokens(text: str) -> int:
    """How many tokens the server counts in a text."""
    return max(1, len(text) // 4)


class OpenAIServer(ThreadingHTTPServer):
    """The server; `url` is what an OpenAI client takes as its base URL."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, *, tls: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behaviour = Behaviour()
        self.seen: list[Seen] = []
        self.connections = 0
        self.context = _server_context() if tls else None
        self.url = f"{'https' if tls else 'http'}://localhost:{self.server_port}/v1"
        self.certificate = _authority() if tls else None
        self.always: Fault | None = None
        self.closing = threading.Event()
        self._next: dict[str, deque[Fault]] = defaultdict(deque)
        self._served: dict[str, int] = defaultdict(int)
        self._rules: dict[str, Callable[[int], Fault | None]] = {}
        self._slow: dict[str, float] = {}
        self._lives: int | None = None
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()

    def next(self, path: str, *faults: Fault) -> None:
        """What the next requests to a path meet, in order."""
        self._next[path].extend(faults)

    def refuse_every(self, path: str, every: int, fault: Fault, after: int = 0) -> None:
        """What every so many-th request to a path meets, once so many have been served."""
        self._rules[path] = lambda count: fault if count > after and (count - after) % every == 0 else None

    def slow_once(self, path: str, seconds: float) -> None:
        """The next request to a path takes so much longer."""
        self._slow[path] = seconds

    def die_after(self, requests: int) -> None:
        """Answers so many more requests and then dies."""
        self._lives = len(self.seen) + requests

    def die(self) -> None:
        """Stops listening and cuts every connection: from now on connecting is refused."""
        if self.closing.is_set():
            return
        self.closing.set()
        self.shutdown()
        self.server_close()
        with self._lock:
            for each in self._sockets:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def wait(self, seconds: float) -> None:
        """Lets time pass, unless the server is closed meanwhile."""
        if seconds > 0:
            self.closing.wait(seconds)

    def take(self, path: str, connection: int, body: dict[str, Any]) -> tuple[Fault | None, float]:
        """Notes a request; what it meets, and by how much it is slower than others."""
        with self._lock:
            self.seen.append(Seen(path, connection, body))
            self._served[path] += 1
            every = self.behaviour.slow_every
            slow = self.behaviour.slow_seconds if every and self._served[path] % every == 0 else 0.0
            slow += self._slow.pop(path, 0.0)
            ruled = self._rules[path](self._served[path]) if path in self._rules else None
            dead = self._lives is not None and len(self.seen) > self._lives
        if dead:
            threading.Thread(target=self.die, daemon=True).start()
            return Fault("drop"), 0.0
        return (self._next[path].popleft() if self._next[path] else ruled or self.always), slow

    def connected(self, connection: socket.socket) -> int:
        """The number of a new connection."""
        with self._lock:
            self._sockets.add(connection)
            self.connections += 1
            return self.connections

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._sockets.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: OpenAIServer

    def setup(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number = self.server.connected(self.request)
        self.server.wait(self.server.behaviour.handshake_seconds)
        if self.server.context is not None:
            self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        fault, slow = self.server.take(self.path, self.number, body)
        if fault is not None and not fault.after_tokens:
            return self._fail(fault)
        self.server.wait(slow)
        match self.path:
            case "/v1/embeddings":
                return self._embed(body)
            case "/v1/chat/completions":
                return self._chat(body, fault)
            case "/v1/rerank" | "/v2/rerank":
                return self._rerank(body)
        return self._answer(404, {"error": {"message": f"no {self.path}", "code": "not_found"}})

    def _fail(self, fault: Fault) -> None:
        if fault.status == "hang":
            self.server.closing.wait()
        if isinstance(fault.status, str):
            self.close_connection = True
            return
        error = {"error": {"message": "injected", "type": "injected", "code": str(fault.status)}}
        self._answer(fault.status, error, fault.headers)

    def _embed(self, body: dict[str, Any]) -> None:
        self.server.wait(self.server.behaviour.embedding_seconds)
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        used = sum(tokens(str(text)) for text in texts)
        data = [
            {"object": "embedding", "index": index, "embedding": _vector(str(text))} for index, text in enumerate(texts)
        ]
        usage = {"prompt_tokens": used, "total_tokens": used}
        self._answer(200, {"object": "list", "data": data, "model": body["model"], "usage": usage})

    def _rerank(self, body: dict[str, Any]) -> None:
        behaviour = self.server.behaviour
        documents = [text if isinstance(text, str) else text["text"] for text in body["documents"]]
        self.server.wait(behaviour.rerank_seconds + behaviour.rerank_seconds_per_document * len(documents))
        asked = set(body["query"].lower().split())
        scores = [len(asked & set(text.lower().split())) / (len(asked) or 1) for text in documents]
        best = sorted(range(len(scores)), key=lambda index: (-scores[index], index))[: body.get("top_n")]
        results = [{"index": index, "relevance_score": scores[index]} for index in best]
        units = {"billed_units": {"search_units": 1}}
        self._answer(200, {"id": "rerank-1", "results": results, "meta": units})

    def _chat(self, body: dict[str, Any], fault: Fault | None) -> None:
        behaviour = self.server.behaviour
        written = min(body.get("max_completion_tokens") or body.get("max_tokens") or 10**6, behaviour.output_tokens)
        given = sum(tokens(str(message["content"])) for message in body["messages"])
        usage = {"prompt_tokens": given, "completion_tokens": written, "total_tokens": given + written}
        first = behaviour.first_token_seconds + behaviour.seconds_per_input_token * given
        base = {"id": "chatcmpl-1", "created": 1, "model": body["model"]}
        if not body.get("stream"):
            self.server.wait(first + behaviour.seconds_per_output_token * (written - 1))
            message = {"role": "assistant", "content": "word" * written}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            self._answer(200, {**base, "object": "chat.completion", "choices": [choice], "usage": usage})
            return
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        base["object"] = "chat.completion.chunk"
        self._event({**base, "choices": [_delta({"role": "assistant", "content": ""})]})
        self.server.wait(first)
        for count in range(written):
            if fault is not None and count == fault.after_tokens:
                return self._fail(fault)
            self.server.wait(behaviour.seconds_per_output_token if count else 0)
            self._event({**base, "choices": [_delta({"content": "word"})]})
        self._event({**base, "choices": [{**_delta({}), "finish_reason": "stop"}]})
        if (body.get("stream_options") or {}).get("include_usage"):
            self._event({**base, "choices": [], "usage": usage})
        self._chunk(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, content: dict[str, Any]) -> None:
        self._chunk(f"data: {json.dumps(content)}\n\n".encode())

    def _chunk(self, content: bytes) -> None:
        self.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")

    def _answer(self, status: int, content: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        sent = json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: tests read `server.seen`."""


def _delta(content: dict[str, str]) -> dict[str, Any]:
    return {"index": 0, "delta": content, "finish_reason": None}


def _vector(text: str) -> list[float]:
    """Words hashed into a few dimensions: equal texts are equal, and those that share words are near."""
    vector = [0.0] * DIMENSIONS
    for word in text.lower().split():
        vector[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4]) % DIMENSIONS] += 1.0
    length = sum(value * value for value in vector) ** 0.5 or 1.0
    return [value / length for value in vector]


@cache
def _issued() -> tuple[trustme.CA, trustme.LeafCert]:
    authority = trustme.CA()
    return authority, authority.issue_cert("localhost", "127.0.0.1")


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Goes away with the process."""
    return tempfile.TemporaryDirectory(prefix="llmaudit-tests-")


def _authority() -> Path:
    """The file of the authority to trust, for `SSL_CERT_FILE` or a client's `verify`."""
    path = Path(_folder().name) / "authority.pem"
    if not path.exists():
        _issued()[0].cert_pem.write_to_path(path)
    return path


def _server_context() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    _issued()[1].configure_cert(context)
    return context


@contextmanager
def serving(*, tls: bool = False) -> Iterator[OpenAIServer]:
    """A running server on a free port."""
    server = OpenAIServer(tls=tls)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.die()
        thread.join()
