"""Spans of several tellers made into the stages of one query: each piece of work once, inside what it belongs to.

Three tellers may speak of one call to a model: a framework (LangChain), the client's instrumentation (openai) and the
request itself, under different roots and with different ends. The rules:

1. A shell around work (a chain, an agent) is no stage: what is inside it belongs to what is around it.
2. Work whose place nobody told lies in what was going on when it began: of the same thread and task in any case, else
   where that makes sense (the same stage; the embedding of a search's query), and of two searches side by side in the
   one that has none yet.
3. Work inside work of the same stage is the same work if somebody else tells of it, or if it is the only such part (a
   method that calls another). It begins with the first and ends with the last of them, and what the request itself says
   about it outranks what the others do. Several parts of one teller stay apart, and what holds them lasts as long.
4. A hand-written stage is what its author says, the facts too, and nobody else's word for it is counted again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from llmaudit.replay import attributes as names
from llmaudit.replay.labels import CACHE, DATABASE, EMBEDDING, HTTP, NETWORK, RERANK, RETRIEVAL, RETRY
from llmaudit.replay.span import Span, Status, Value

WRITTEN, REQUEST = "written", "request"
"""The tellers that are no instrumentation: the author of the application, and the request as it was timed."""

_PARTS = {RETRIEVAL: frozenset({EMBEDDING, RERANK, DATABASE, CACHE})}
_SAME = {RETRIEVAL: frozenset({RETRIEVAL, DATABASE})}
"""A search that asks a database is one search, whatever the statement looks like."""
_ADD_UP = frozenset(
    (
        names.REQUESTS, names.CONNECTIONS, names.RETRIES, names.RATE_LIMITED, names.RETRY_WAIT_SECONDS,
        names.POOL_WAIT_SECONDS, names.INPUT_TOKENS, names.OUTPUT_TOKENS,
    )
)  # fmt: skip
_OF_THE_WIRE = frozenset({NETWORK, RETRY})


@dataclass(frozen=True, slots=True)
class Candidate:
    """Work that something may lie in; `near` if it is of the same thread and task."""

    span_id: int
    near: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A span and who tells of it. An empty stage is a shell.

    Where the parent was not told, `candidates` are the works that it may be, the likeliest first. `timed` if what it
    says comes from a request that was timed, be it merged into another's span.
    """

    span: Span
    teller: str = WRITTEN
    candidates: tuple[Candidate, ...] = ()
    timed: bool = False
    written: frozenset[str] | None = None
    """The facts that the author of a stage has written; known once something was merged into it."""


def settled(pieces: Iterable[Piece]) -> tuple[Span, ...]:
    """The stages that the pieces of one query are, in the order of their starts."""
    found = _placed(_without_shells({piece.span.span_id: piece for piece in pieces}))
    # From the inside out, so that a request is merged into its client's span before that is merged into a framework's.
    for span_id in _inside_out(found):
        inner = found[span_id]
        outer = found.get(inner.span.parent_id) if inner.span.parent_id is not None else None
        if outer is None or inner.teller == WRITTEN or not _same_stage(outer, inner):
            continue
        if outer.teller != inner.teller or _parts(outer, found) == 1:
            found[outer.span.span_id] = _merged(outer, inner)
            del found[span_id]
            for child_id, child in found.items():
                if child.span.parent_id == span_id:
                    found[child_id] = replace(child, span=replace(child.span, parent_id=outer.span.span_id))
        elif outer.span.end_ns < inner.span.end_ns:
            found[outer.span.span_id] = replace(outer, span=replace(outer.span, end_ns=inner.span.end_ns))
    return tuple(sorted((piece.span for piece in found.values()), key=lambda span: (span.start_ns, span.span_id)))


def _without_shells(pieces: dict[int, Piece]) -> dict[int, Piece]:
    """Rule 1."""

    def outside(parent_id: int | None) -> int | None:
        while parent_id in pieces and not pieces[parent_id].span.stage:
            parent_id = pieces[parent_id].span.parent_id
        return parent_id

    return {
        span_id: replace(piece, span=replace(piece.span, parent_id=outside(piece.span.parent_id)))
        for span_id, piece in pieces.items()
        if piece.span.stage
    }


def _placed(pieces: dict[int, Piece]) -> dict[int, Piece]:
    """Rule 2, and hand-written stages inside the instrumented work that was going on all around them."""
    placed = dict(pieces)
    for span_id, piece in sorted(pieces.items(), key=lambda item: (item[1].span.start_ns, item[0])):
        if piece.teller == WRITTEN and piece.span.stage not in _OF_THE_WIRE:
            around = _around(piece.span, pieces.values())
        else:
            around = _likeliest(piece, placed)
        if around is not None and not _lies_in(around, span_id, placed):
            placed[span_id] = replace(piece, span=replace(piece.span, parent_id=around))
    return placed


def _lies_in(span_id: int | None, outer_id: int, pieces: dict[int, Piece]) -> bool:
    """Whether a span is another or inside it: nothing may be put inside itself."""
    while span_id in pieces and span_id != outer_id:
        span_id = pieces[span_id].span.parent_id
    return span_id == outer_id


def _likeliest(piece: Piece, placed: dict[int, Piece]) -> int | None:
    """The first candidate that makes sense, rather one that nothing of the same teller is going on in."""

    def taken(span_id: int) -> bool:
        return any(
            other.span.parent_id == span_id
            and other.teller == piece.teller
            and other.span.span_id != piece.span.span_id
            and other.span.start_ns <= piece.span.start_ns < other.span.end_ns
            for other in placed.values()
        )

    makes_sense = [
        candidate.span_id
        for candidate in piece.candidates
        if candidate.span_id in placed
        and (candidate.near or may_hold(placed[candidate.span_id].span.stage, piece.span.stage))
    ]
    return min(makes_sense, key=lambda span_id: (taken(span_id), makes_sense.index(span_id)), default=None)


def _around(span: Span, pieces: Iterable[Piece]) -> int | None:
    """The shortest instrumented work with the same parent that began before a hand-written stage and ended after it."""
    candidates = [
        piece.span
        for piece in pieces
        if piece.teller not in (WRITTEN, REQUEST)
        and piece.span.parent_id == span.parent_id
        and piece.span.start_ns <= span.start_ns
        and span.end_ns <= piece.span.end_ns
    ]
    shortest = min(candidates, key=lambda each: (each.duration_ns, each.span_id), default=None)
    return None if shortest is None else shortest.span_id


def may_hold(outer: str, inner: str) -> bool:
    """Whether work of one stage makes sense inside work of another."""
    return outer == inner or inner in _OF_THE_WIRE or inner == HTTP or inner in _PARTS.get(outer, ())


def _inside_out(pieces: dict[int, Piece]) -> Sequence[int]:
    children: defaultdict[int | None, list[int]] = defaultdict(list)
    for span_id, piece in pieces.items():
        parent_id = piece.span.parent_id
        children[parent_id if parent_id in pieces else None].append(span_id)
    order, waiting = [], list(children[None])
    while waiting:
        span_id = waiting.pop()
        order.append(span_id)
        waiting += children[span_id]
    return order[::-1]


def _same_stage(outer: Piece, inner: Piece) -> bool:
    """Rules 3 and 4. A request to an address that says nothing is whatever it is part of."""
    stage, part = outer.span.stage, inner.span.stage
    return part in (stage, HTTP) or part in _SAME.get(stage, ())


def _parts(outer: Piece, found: dict[int, Piece]) -> int:
    """How many parts of its own stage its own teller tells of."""
    return sum(
        piece.span.parent_id == outer.span.span_id and piece.teller == outer.teller and _same_stage(outer, piece)
        for piece in found.values()
    )


def _merged(outer: Piece, inner: Piece) -> Piece:
    timed = inner.timed or inner.teller == REQUEST
    told, said = outer.span.attributes, _from(outer.span, inner.span)
    kept = frozenset(told) if outer.teller == WRITTEN and outer.written is None else outer.written or frozenset()
    facts = {**told, **said} if timed else {**said, **told}
    if outer.timed and timed:
        facts |= _both(told, said)
    facts |= {name: told[name] for name in kept}
    failed = inner.span.status is not Status.OK and outer.span.status is not Status.OK
    span = replace(
        outer.span,
        start_ns=min(outer.span.start_ns, inner.span.start_ns),
        end_ns=max(outer.span.end_ns, inner.span.end_ns),
        status=inner.span.status if failed else outer.span.status,
        error_type=outer.span.error_type or (inner.span.error_type if failed else None),
        attributes=facts,
    )
    return replace(outer, span=span, timed=outer.timed or timed, written=kept)


def _both(one: Mapping[str, Value], other: Mapping[str, Value]) -> dict[str, Value]:
    """What two timed requests of one call say together: their counts, the earlier first token, whether both reused."""
    found: dict[str, Value] = {}
    for name in one.keys() & other.keys():
        a, b = one[name], other[name]
        if name == names.CONNECTION_REUSED:
            found[name] = bool(a and b)
        elif name in _ADD_UP and isinstance(a, int | float) and isinstance(b, int | float):
            found[name] = a + b
        elif name == names.FIRST_TOKEN_SECONDS and isinstance(a, int | float) and isinstance(b, int | float):
            found[name] = min(a, b)
    return found


def _from(outer: Span, inner: Span) -> dict[str, Value]:
    """What the inner span says, its first token counted from the start of the whole."""
    told = dict(inner.attributes)
    first = told.get(names.FIRST_TOKEN_SECONDS)
    if isinstance(first, int | float):
        told[names.FIRST_TOKEN_SECONDS] = first + max(0, inner.start_ns - outer.start_ns) / 1e9
    return told
