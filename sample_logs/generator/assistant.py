"""The assistant: conversations of 1 to 20 turns with the whole history in every request, some with tools."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from . import texts, tokens
from .calls import GPT, Call, attempts, blocks_of
from .people import User, Zipf, anyone
from .prompts import ASSISTANT_EXAMPLES, ASSISTANT_SYSTEM, TOOLS
from .rhythm import PROMPT_CHANGE, arrivals

CONVERSATIONS = 268
MOST_TURNS = 20


def calls(draw: Random) -> Iterator[Call]:
    """All attempts of all conversations of the month."""
    turns = Zipf(MOST_TURNS, 1.0)
    for number, start in enumerate(arrivals(CONVERSATIONS, draw)):
        # The busiest users also talk the longest: they get the better of two draws.
        user = anyone(draw)
        length = turns.draw(draw) + 1
        if user.tier == "enterprise":
            length = max(length, turns.draw(draw) + 1)
        yield from _conversation(f"conv-{number:04d}", user, length, start, draw)


def _conversation(name: str, user: User, length: int, start: datetime, draw: Random) -> Iterator[Call]:
    system = ASSISTANT_SYSTEM + (ASSISTANT_EXAMPLES if start >= PROMPT_CHANGE else "")
    history: list[dict[str, Any]] = [{"role": "system", "content": system}]
    tools = TOOLS if draw.random() < 0.3 else []
    envelope = {
        "api_key_alias": "assistant-prod",
        "metadata": {
            "app": "assistant",
            "conversation_id": name,
            "customer": user.customer,
            "env": "staging" if draw.random() < 0.02 else "production",
        },
    }
    at = start
    for turn in range(length):
        hard = draw.random() < 0.28
        forms = texts.CHAT_HARD if hard else texts.CHAT_FOLLOW_UPS if turn else texts.CHAT_OPENERS
        history.append({"role": "user", "content": texts.fill(draw.choice(forms), draw)})
        if tools and draw.random() < 0.35:
            asked = _tool_call(draw)
            done = yield from _ask(history, tools, asked, user, at, envelope, draw)
            if done is None:
                return
            history += [asked, _tool_result(asked, draw)]
            at = done + timedelta(milliseconds=draw.randrange(80, 900))
        size = draw.randrange(130, 270) if hard else draw.randrange(20, 85)
        answer = {"role": "assistant", "content": texts.prose(texts.REPLY_SENTENCES, draw, size)}
        done = yield from _ask(history, tools, answer, user, at, envelope, draw)
        if done is None:
            return
        history.append(answer)
        at = done + timedelta(milliseconds=draw.randrange(12_000, 150_000))


def _ask(
    history: list[dict[str, Any]],
    tools: list[dict[str, Any]],
    answer: dict[str, Any],
    user: User,
    at: datetime,
    envelope: dict[str, Any],
    draw: Random,
) -> Generator[Call, None, datetime | None]:
    request: dict[str, Any] = {"model": GPT, "messages": list(history), "temperature": 0.7, "stream": True}
    request |= {"stream_options": {"include_usage": True}, "user": user.user_id} | ({"tools": tools} if tools else {})
    tool_calls = answer.get("tool_calls", ())
    question = next(message for message in reversed(history) if message["role"] == "user")
    done = None
    for attempt in attempts(
        Call(
            app="assistant",
            file="assistant/chat",
            model=GPT,
            started_at=at,
            request=request,
            blocks=blocks_of(request),
            answer=answer,
            output_tokens=tokens.count(answer["content"] or "") + sum(tokens.of_tool_call(call) for call in tool_calls),
            question_tokens=tokens.count(question["content"]),
            envelope=envelope,
            facts={"conversation": envelope["metadata"]["conversation_id"]},
        ),
        draw,
    ):
        yield attempt
        done = attempt.ended_at if attempt.status == 200 else None
    return done


def _tool_call(draw: Random) -> dict[str, Any]:
    name, arguments = draw.choice(
        (
            ("get_shipment", {"reference": texts.fill("QM-{n}", draw)}),
            ("get_rate", {"lane": texts.fill("{hub} - {hub2}", draw), "weight": texts.fill("{e}", draw)}),
        )
    )
    identity = "call_" + "".join(
        draw.choice("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789") for _ in range(24)
    )
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": identity, "type": "function", "function": function}],
    }


def _tool_result(asked: dict[str, Any], draw: Random) -> dict[str, Any]:
    call = asked["tool_calls"][0]
    form = (
        '{{"status": "in transit", "last_scan": "{hub}", "day": "{day}", "next": "{hub2}"}}'
        if call["function"]["name"] == "get_shipment"
        else '{{"carrier": "{carrier}", "price_usd": "{e}.40", "days": {h}}}'
    )
    return {"role": "tool", "tool_call_id": call["id"], "content": texts.fill(form, draw)}
