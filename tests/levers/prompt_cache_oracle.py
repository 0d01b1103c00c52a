"""A prompt cache in plain Python: a dict of blocks, call by call in the order of time. Knows nothing of the lever."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor


@dataclass(frozen=True)
class Call:
    """One call; instants in whole seconds, `first_token_after` None where the log has no latency."""

    at: int
    chain: tuple[int, ...]
    input_tokens: int
    block_tokens: float
    first_token_after: int | None = None
    model: str = "claude-sonnet-4-5"
    project: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class Replayed:
    """What a call would have read and written, and how many of its blocks were in the cache."""

    hits: int
    read: int
    written: int


def replay(
    calls: Sequence[Call], *, ttl: int | None, scope: str, least: int, step: int, reads_from: int, writes: bool
) -> list[Replayed]:
    """The calls' cache use. Blocks are named by all that stands before them; ties go by the order of the list."""
    uses: dict[tuple[object, ...], list[tuple[int, int]]] = {}
    answers: dict[int, Replayed] = {}
    for place in sorted(range(len(calls)), key=lambda place: (calls[place].at, place)):
        call = calls[place]
        if call.input_tokens < least or call.input_tokens == 0:
            answers[place] = Replayed(0, 0, 0)
            continue
        owner = {"project": call.project or "", "key": call.key or "", "global": ""}[scope]
        names = [(call.model, owner, call.chain[: end + 1]) for end in range(len(call.chain))]
        hits = 0
        for name in names:
            readable = [used for used, from_then in uses.get(name, []) if from_then <= call.at]
            if not any(ttl is None or call.at - used <= ttl for used in readable):
                break
            hits += 1
        tokens = min(call.input_tokens, floor(hits * call.block_tokens))
        tokens -= tokens % step
        read = tokens if tokens >= reads_from else 0
        for name in names:
            uses.setdefault(name, []).append((call.at, call.at + (call.first_token_after or 0)))
        answers[place] = Replayed(hits, read, call.input_tokens - read if writes else 0)
    return [answers[place] for place in range(len(calls))]
