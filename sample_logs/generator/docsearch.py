"""Document search: the ten best handbook chunks in front of every question. Most on OpenAI, a part on Anthropic."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from . import texts, tokens
from .calls import CLAUDE, GPT, Block, Call, attempts, blocks_of
from .people import User, Zipf, anyone
from .prompts import DOCSEARCH_SYSTEM
from .rhythm import FIRST, arrivals
from .topics import TOPICS, Topic

SESSIONS = 530
CHUNKS_PER_TOPIC = 8
CHUNK_TOKENS = 240
CLAUDE_SHARE = 0.15
ALIAS_SINCE = FIRST + timedelta(days=7)  # older clients did not log which key they used
CACHE_CONTROL_SINCE = FIRST + timedelta(days=21)  # since then the Anthropic client marks the system prompt

Chunks = dict[Topic, list[str]]


def calls(draw: Random) -> Iterator[Call]:
    """All attempts of the month: sessions of one to four searches about one topic."""
    chunks: Chunks = {
        topic: [_chunk(number * CHUNKS_PER_TOPIC + part, topic, draw) for part in range(CHUNKS_PER_TOPIC)]
        for number, topic in enumerate(TOPICS)
    }
    popularity = Zipf(len(TOPICS), 0.8)
    for start in arrivals(SESSIONS, draw):
        topic = popularity.draw(draw)
        user, at = anyone(draw), start
        model = CLAUDE if draw.random() < CLAUDE_SHARE else GPT
        for _ in range(draw.choice((1, 1, 2, 2, 2, 4))):
            for attempt in attempts(_search(model, topic, chunks, user, at, draw), draw):
                yield attempt
                at = attempt.ended_at
            at += timedelta(milliseconds=draw.randrange(15_000, 120_000))


def _chunk(number: int, topic: Topic, draw: Random) -> str:
    return (
        f'id="doc-{number + 1}">\n'
        + texts.prose(texts.DOCUMENT_SENTENCES, draw, CHUNK_TOKENS, topic)
        + "\n</document>\n"
    )


def _retrieved(topic: int, chunks: Chunks, draw: Random) -> list[str]:
    """The ten best: seven of the eight chunks of the topic, then three of the next topic, beside the point."""
    near, far = chunks[TOPICS[topic]], chunks[TOPICS[(topic + 1) % len(TOPICS)]]
    found = draw.sample(near, 7) + draw.sample(far, 3)
    return [f'<document index="{index}" {chunk}' for index, chunk in enumerate(found, 1)]


def _search(model: str, topic: int, chunks: Chunks, user: User, at: datetime, draw: Random) -> Call:
    hard = draw.random() < 0.4
    question = texts.fill(draw.choice(texts.LONG_QUESTIONS if hard else texts.QUESTIONS), draw, TOPICS[topic])
    size = draw.randrange(150, 280) if hard else draw.randrange(25, 90)
    answer = texts.prose(texts.DOCUMENT_SENTENCES, draw, size, TOPICS[topic])
    documents = _retrieved(topic, chunks, draw)
    asked = f"\nQuestion: {question}"
    build = _anthropic if model == CLAUDE else _openai
    request, blocks = build(documents, asked, user, at)
    output = tokens.count(answer)
    return Call(
        app="docsearch",
        file="docsearch/anthropic" if model == CLAUDE else "docsearch/openai",
        model=model,
        started_at=at,
        request=request,
        blocks=blocks,
        answer={"role": "assistant", "content": answer},
        output_tokens=tokens.claude(output) if model == CLAUDE else output,
        question_tokens=tokens.count(question),
        envelope=_envelope(model, user, at),
    )


def _envelope(model: str, user: User, at: datetime) -> dict[str, Any]:
    metadata = {"customer": user.customer, "env": "production", "index": "handbook-v7", "top_k": 10}
    if at < ALIAS_SINCE:
        return {"metadata": metadata}
    return {"api_key_alias": "docsearch-claude" if model == CLAUDE else "docsearch-prod", "metadata": metadata}


def _openai(documents: list[str], asked: str, user: User, at: datetime) -> tuple[dict[str, Any], list[Block]]:
    messages = [
        {"role": "system", "content": DOCSEARCH_SYSTEM},
        {"role": "user", "content": "".join(documents) + asked},
    ]
    request = {"model": GPT, "messages": messages, "temperature": 0.1, "max_tokens": 700, "user": user.user_id}
    # The documents are one message, but the cache sees tokens: each document is a block of its own.
    system, message = blocks_of(request)
    parts = [Block(document, tokens.count(document)) for document in documents]
    rest = message.tokens - sum(part.tokens for part in parts)
    return request, [system, *parts, Block(asked, rest)]


def _anthropic(documents: list[str], asked: str, user: User, at: datetime) -> tuple[dict[str, Any], list[Block]]:
    system: dict[str, Any] = {"type": "text", "text": DOCSEARCH_SYSTEM}
    if at >= CACHE_CONTROL_SINCE:
        system["cache_control"] = {"type": "ephemeral"}
    content = [{"type": "text", "text": "".join(documents)}, {"type": "text", "text": asked}]
    request = {"model": CLAUDE, "max_tokens": 700, "temperature": 0.1, "system": [system]}
    request |= {"messages": [{"role": "user", "content": content}], "metadata": {"user_id": user.user_id}}
    prompt = tokens.count("".join(documents)) + tokens.count(asked) + tokens.MESSAGE_OVERHEAD
    return request, [
        Block(DOCSEARCH_SYSTEM, tokens.claude(tokens.count(DOCSEARCH_SYSTEM))),
        Block(asked, tokens.claude(prompt)),
    ]
