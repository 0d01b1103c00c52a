"""One HTTP request and its answer, as the clients report them; ended, it is written to the query it belongs to."""

import hashlib
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from llmaudit.replay import attributes as names
from llmaudit.replay import labels
from llmaudit.replay.http_timing.answer import Reading
from llmaudit.replay.span import Status, Value
from llmaudit.replay.stage import Recorder, current, ended_by
from llmaudit.replay.telemetry.piece import REQUEST
from llmaudit.replay.watch import Refusal, Watch, watch

_SECOND = 1_000_000_000
_WORTH_A_SPAN_NS = 5_000_000
"""Less than this between the call and the sending is the client's own work, not a wait for its pool."""

_adding = threading.Lock()
_underway: "ContextVar[Exchange | None]" = ContextVar("llmaudit_exchange", default=None)


@dataclass(slots=True)
class Phase:
    """A part of opening a connection: `dns`, `connect` (with the lookup inside it) or `tls`."""

    name: str
    start_ns: int
    end_ns: int | None = None
    error_type: str | None = None


class Exchange:
    """A request under way. Clients call what happens, in its order; what they cannot say is left out."""

    def __init__(
        self, taking: Recorder, watching: Watch, method: str, host: str, path: str, body: bytes | None
    ) -> None:
        self._recorder, self._watch = taking, watching
        watching.requests += 1
        self.now_ns = taking.now_ns
        label = labels.of_path(path)
        written, around = current(), watching.around(REQUEST)
        self._key = (method, f"{host}{path}", hash(body))
        self._host, self._body = host, body
        refused = watching.refusals.pop(self._key, None) if body is not None else None
        # Inside a hand-written stage a request is part of that, whatever it asks. Inside instrumented work it is a
        # stage of its own at first: only the end of that work says what it was.
        self._owner = bool(around) or written is None
        if written is not None and not around:
            self.at = written
        elif refused is not None and refused.own is not None:
            self.at = refused.own
            self.at.goes_on()
        else:
            inside = None if written is None else written.span_id
            self.at = taking.open(label or labels.HTTP, f"{method} {host}", inside)
            watching.told(self.at.span_id, REQUEST, around)
        self.start_ns = self.now_ns()
        self._sent_ns: int | None = None
        self._first_byte_ns: int | None = None
        self._last_byte_ns: int | None = None
        self._status: int | None = None
        self._retry_after: float | None = None
        self._phases: list[Phase] = []
        self._reading: Reading | None = None
        self._ended = False
        self._label = label
        if refused is not None:
            self._waited(refused)

    def _waited(self, refused: Refusal) -> None:
        """Takes down the wait between the refusal and this try."""
        said: dict[str, Value] = {}
        if refused.status is not None:
            said[names.STATUS_CODE] = refused.status
        if refused.retry_after_seconds is not None:
            said[names.RETRY_AFTER_SECONDS] = refused.retry_after_seconds
        self._recorder.add(
            labels.RETRY,
            "wait before the next try",
            refused.end_ns,
            self.start_ns,
            parent_id=self.at.span_id,
            attributes=said,
        )
        self._add(names.RETRIES, 1)
        self._add(names.RETRY_WAIT_SECONDS, (self.start_ns - refused.end_ns) / _SECOND)
        if refused.status == 429:
            self._add(names.RATE_LIMITED, 1)

    @contextmanager
    def underway(self) -> Iterator[None]:
        """Around the call of the client, so that name lookups find their request."""
        token = _underway.set(self)
        try:
            yield
        finally:
            _underway.reset(token)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Around a part of opening a connection."""
        self.phase_begins(name)
        try:
            yield
        except BaseException as error:
            self.phase_ends(name, error)
            raise
        self.phase_ends(name)

    def handshake_ends(self) -> None:
        """For clients that open a connection and its TLS in one: TLS is what follows the `connect` inside."""
        connect = next((phase for phase in reversed(self._phases) if phase.name == "connect"), None)
        if connect is not None and connect.end_ns is not None:
            self._phases.append(Phase("tls", connect.end_ns, self.now_ns()))

    def phase_begins(self, name: str) -> None:
        self._phases.append(Phase(name, self.now_ns()))

    def phase_ends(self, name: str, error: BaseException | None = None) -> None:
        if self._sent_ns is not None:
            self._sent_ns = self.now_ns()  # A client that opens the connection only when it sends.
        for phase in reversed(self._phases):
            if phase.name == name and phase.end_ns is None:
                phase.end_ns = self.now_ns()
                phase.error_type = None if error is None else type(error).__qualname__
                return

    def sending(self) -> None:
        """A connection is there, the request goes out."""
        self._sent_ns = self.now_ns()

    def first_byte(self) -> None:
        """The headers of the answer are in."""
        self._first_byte_ns = self._last_byte_ns = self.now_ns()

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        """What the headers say."""
        self._last_byte_ns = self.now_ns()
        self._status = status
        self._retry_after = _retry_after(headers)
        if self._label is not None and status < 400 and "content-encoding" not in headers:
            kind = headers.get("content-type", "")
            self._reading = Reading(streamed="stream" in kind or "ndjson" in kind)

    def last_byte(self) -> None:
        """For clients that do not show the body: it is in."""
        self._last_byte_ns = self.now_ns()

    def received(self, chunk: bytes) -> None:
        """A part of the body."""
        self._last_byte_ns = self.now_ns()
        if self._reading is not None:
            self._reading.feed(chunk, self._last_byte_ns)

    def ended(self) -> None:
        """The last byte was read, or nobody wants to read further."""
        status, error_type = (Status.OK, None)
        if self._status is not None and self._status >= 400:
            status, error_type = Status.ERROR, str(self._status)
        self._end(self._last_byte_ns or self.now_ns(), status, error_type)

    def failed(self, error: BaseException) -> None:
        """It ended with an exception."""
        if isinstance(error, GeneratorExit):
            self.ended()
        else:
            self._end(self.now_ns(), *ended_by(type(error), error))

    def _end(self, end_ns: int, status: Status, error_type: str | None) -> None:
        with self._watch.lock:
            if self._ended:
                return
            self._ended = True
        if self._owner:
            self.at.end(end_ns, status, error_type)
        elif self.at.end_ns is not None:
            # Whoever opened the stage has left it with the answer still streaming.
            self.at.end(end_ns)
        refusal = self._status in (408, 409, 429) or (self._status or 0) >= 500 or self._status is None
        if status is not Status.OK and refusal and self._body is not None:
            own = self.at if self._owner else None
            self._watch.refusals[self._key] = Refusal(end_ns, self._status, self._retry_after, own)
        self._take_down()

    def _take_down(self) -> None:
        self._add(names.REQUESTS, 1)
        connection = [phase for phase in self._phases if phase.end_ns is not None]
        opened = any(phase.name == "connect" for phase in connection)
        if connection:
            self._network(connection)
        if self._sent_ns is not None and not opened:
            waited = self._sent_ns - self.start_ns
            if waited >= _WORTH_A_SPAN_NS:
                self._recorder.add(
                    labels.NETWORK, "wait for the pool", self.start_ns, self._sent_ns, parent_id=self.at.span_id
                )
                self._add(names.POOL_WAIT_SECONDS, waited / _SECOND)
        if self._sent_ns is not None or opened:
            self._add(names.CONNECTIONS, int(opened))
            self._set(
                names.CONNECTION_REUSED, not opened and self.at.attributes.get(names.CONNECTION_REUSED) is not False
            )
        self._set(names.SERVER_ADDRESS, self._host)
        if self._label is not None:
            self._set(names.LOCAL, False)
        if self._status is not None:
            self._set(names.STATUS_CODE, self._status)
        if self._first_byte_ns is not None and self._sent_ns is not None:
            self._set(names.FIRST_BYTE_SECONDS, (self._first_byte_ns - self._sent_ns) / _SECOND)
        if self._label == labels.EMBEDDING and self._body is not None:
            self.at.attributes.setdefault(names.INPUT_HASH, hashlib.sha256(self._body).hexdigest()[:16])
        if self._reading is not None:
            self._read(self._reading)

    def _network(self, phases: list[Phase]) -> None:
        """One span for the connection, from the first lookup to the end of the handshake."""
        when: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for phase in phases:
            when[phase.name].append((phase.start_ns, phase.end_ns or phase.start_ns))
        told: dict[str, Value] = {names.SERVER_ADDRESS: self._host, names.CONNECTION_REUSED: False}
        if "dns" in when:
            told[names.DNS_SECONDS] = _covered(when["dns"]) / _SECOND
        if "connect" in when:
            # Most clients look the name up inside it.
            both = _covered(when["connect"] + when["dns"])
            told[names.CONNECT_SECONDS] = (both - _covered(when["dns"])) / _SECOND
        if "tls" in when:
            told[names.TLS_SECONDS] = _covered(when["tls"]) / _SECOND
        error = next((phase.error_type for phase in phases if phase.error_type is not None), None)
        self._recorder.add(
            labels.NETWORK,
            "open a connection",
            min(start for spans in when.values() for start, _ in spans),
            max(end for spans in when.values() for _, end in spans),
            status=Status.OK if error is None else Status.ERROR,
            error_type=error,
            parent_id=self.at.span_id,
            attributes=told,
        )

    def _read(self, reading: Reading) -> None:
        reading.finish()
        if reading.first_token_ns is not None:
            first = (reading.first_token_ns - self.at.start_ns) / _SECOND
            self.at.attributes.setdefault(names.FIRST_TOKEN_SECONDS, first)
        if self._label == labels.GENERATION:
            self._set(names.STREAMED, reading.streamed)
        if reading.model is not None:
            self.at.attributes.setdefault(names.MODEL, reading.model)
        for name, count in ((names.INPUT_TOKENS, reading.input_tokens), (names.OUTPUT_TOKENS, reading.output_tokens)):
            if count is not None:
                self._count(name, count)

    def _count(self, name: str, tokens: int) -> None:
        """Adds tokens to those of other requests of the stage; what its author said of them stands."""
        with _adding:
            ours = self._watch.tokens.get((self.at.span_id, name))
            if self.at.attributes.get(name) == ours:
                self.at.attributes[name] = self._watch.tokens[self.at.span_id, name] = (ours or 0) + tokens

    def _set(self, name: str, value: Value) -> None:
        self.at.attributes[name] = value

    def _add(self, name: str, amount: float) -> None:
        with _adding:
            before = self.at.attributes.get(name)
            self.at.attributes[name] = (before if isinstance(before, int | float) else 0) + amount


def begin(method: str, host: str, path: str, body: bytes | None) -> Exchange | None:
    """A request that begins now; None where nobody is measuring. `body` is None where it cannot be read twice."""
    found = watch()
    return None if found is None else Exchange(*found, method, host, path, body)


def goes_on_as(exchange: Exchange) -> None:
    """From here on this task works for the request: for clients that tell, and are not called."""
    _underway.set(exchange)


def underway() -> Exchange | None:
    """The request in which this code runs."""
    return _underway.get()


def _covered(intervals: Sequence[tuple[int, int]]) -> int:
    """The nanoseconds that lie in any of the intervals: two tellers may speak of one lookup."""
    covered, reached = 0, 0
    for start, end in sorted(intervals):
        covered += max(0, end - max(start, reached))
        reached = max(reached, end)
    return covered


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, as OpenAI's `retry-after-ms` or the standard header say; a date in it is not worked out."""
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            return float(headers[name]) / unit
        except (KeyError, ValueError):
            continue
    return None
