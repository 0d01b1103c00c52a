"""One call to a model before it is written down, and the attempts it took to get an answer."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from . import tokens
from .rhythm import OUTAGE

GPT = "gpt-4o-2024-08-06"
CLAUDE = "claude-sonnet-4-6"
GEMINI = "gemini-2.5-flash"

SIMPLE_QUESTION_TOKENS = 60
SIMPLE_ANSWER_TOKENS = 120

RATE_LIMITED, SERVER_ERROR, OVERLOADED, TIMED_OUT = 429, 500, 503, 408
_FAULTS = ((0.0030, RATE_LIMITED), (0.0050, SERVER_ERROR), (0.0062, TIMED_OUT))  # cumulated probabilities of an attempt
_MOST_ATTEMPTS = 3


@dataclass(frozen=True)
class Block:
    """A piece of the prompt in the order the provider caches it, with its tokens."""

    text: str
    tokens: int


@dataclass(frozen=True)
class Call:
    """A request with all that its answer will say. Tokens are the provider's own."""

    app: str
    file: str
    model: str
    started_at: datetime
    request: Mapping[str, Any]
    blocks: Sequence[Block]
    answer: Mapping[str, Any]
    output_tokens: int
    question_tokens: int
    envelope: Mapping[str, Any]
    duration_ms: int = 0
    first_token_ms: int = 0
    status: int = 200
    attempt: int = 1
    cached_tokens: int = 0
    written_tokens: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def prompt_tokens(self) -> int:
        priming = tokens.REPLY_PRIMING if self.model == GPT else 0
        return sum(block.tokens for block in self.blocks) + priming

    @property
    def streamed(self) -> bool:
        return bool(self.request.get("stream"))

    @property
    def ended_at(self) -> datetime:
        return self.started_at + timedelta(milliseconds=self.duration_ms)

    @property
    def simple(self) -> bool:
        """A short question with a short answer in words: what a small model could have answered."""
        short = self.question_tokens <= SIMPLE_QUESTION_TOKENS and self.output_tokens <= SIMPLE_ANSWER_TOKENS
        return short and "tool_calls" not in self.answer


def blocks_of(request: Mapping[str, Any]) -> list[Block]:
    """The blocks of an OpenAI chat request: tools, then one per message."""
    tools = request.get("tools", ())
    opening = [Block(json.dumps(tools), tokens.of_tools(tools))] if tools else []
    return opening + [Block(json.dumps(message), tokens.of_message(message)) for message in request["messages"]]


def attempts(call: Call, draw: Random) -> Iterator[Call]:
    """The attempts of a call in order: failed ones, then the answered one, unless all three failed."""
    at = call.started_at
    for number in range(1, _MOST_ATTEMPTS + 1):
        status = _fate(call.model, at, draw)
        whole, first = _latency(call, status, draw)
        timed = replace(call, started_at=at, attempt=number, status=status, duration_ms=whole, first_token_ms=first)
        yield timed
        if status == 200:
            return
        at = timed.ended_at + timedelta(milliseconds=draw.randrange(800, 2500) * number)


def _fate(model: str, at: datetime, draw: Random) -> int:
    chance = draw.random()
    if model == GPT and OUTAGE[0] <= at < OUTAGE[1]:
        return OVERLOADED
    return next((status for bound, status in _FAULTS if chance < bound), 200)


def _latency(call: Call, status: int, draw: Random) -> tuple[int, int]:
    """Milliseconds to the end and to the first token: lognormal, longer for a long prompt, then 13 ms a token."""
    first = (200 + 0.05 * call.prompt_tokens) * math.exp(draw.gauss(0, 0.35))
    whole = first + 13 * call.output_tokens * math.exp(draw.gauss(0, 0.25))
    if status == 200:
        return round(whole), round(first)
    return 60_000 if status == TIMED_OUT else round(first), 0
