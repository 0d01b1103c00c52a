"""The nightly jobs, for which nobody waits: reports on OpenAI, ticket summaries on Gemini behind a LiteLLM proxy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

from . import texts, tokens
from .calls import GEMINI, GPT, Block, Call, attempts, blocks_of
from .people import ENTERPRISE_CUSTOMERS
from .prompts import REPORT_SYSTEM, SUMMARY_SYSTEM
from .rhythm import nights

SUMMARIES_PER_NIGHT = 6


def reports(draw: Random) -> Iterator[Call]:
    """One report a night for each of the eight enterprise customers, the largest customer with the most events."""
    for night in nights():
        at = night + timedelta(seconds=draw.randrange(60))
        for rank, customer in enumerate(ENTERPRISE_CUSTOMERS):
            events = texts.scan_events(draw, 9000 // (rank + 1) + 2400)
            answer = texts.prose(texts.REPORT_SENTENCES, draw, draw.randrange(200, 300))
            messages = [{"role": "system", "content": REPORT_SYSTEM}, {"role": "user", "content": events}]
            request = {"model": GPT, "messages": messages, "temperature": 0.3, "max_tokens": 1200}
            call = Call(
                app="reports",
                file="nightly/reports",
                model=GPT,
                started_at=at,
                request=request,
                blocks=blocks_of(request),
                answer={"role": "assistant", "content": answer},
                output_tokens=tokens.count(answer),
                question_tokens=tokens.count(events),
                envelope={"api_key_alias": "nightly-reports", "metadata": {"customer": customer, "job": "ops-report"}},
            )
            for attempt in attempts(call, draw):
                yield attempt
                at = attempt.ended_at + timedelta(milliseconds=draw.randrange(20_000, 200_000))


def summaries(draw: Random) -> Iterator[Call]:
    """Six summaries a night, from 02:00."""
    for night in nights():
        at = night + timedelta(hours=1, seconds=draw.randrange(60))
        for customer in draw.sample(ENTERPRISE_CUSTOMERS, SUMMARIES_PER_NIGHT):
            tickets = texts.lines(texts.TICKET_LINES, draw, draw.randrange(1800, 3600))
            answer = texts.prose(texts.SUMMARY_SENTENCES, draw, draw.randrange(80, 160))
            messages = [{"role": "system", "content": SUMMARY_SYSTEM}, {"role": "user", "content": tickets}]
            request: dict[str, Any] = {"model": GEMINI, "messages": messages, "temperature": 0.2, "max_tokens": 600}
            call = Call(
                app="summaries",
                file="nightly/summaries",
                model=GEMINI,
                started_at=at,
                request=request,
                blocks=[Block(message["content"], tokens.gemini(tokens.of_message(message))) for message in messages],
                answer={"role": "assistant", "content": answer},
                output_tokens=tokens.gemini(tokens.count(answer)),
                question_tokens=tokens.count(tickets),
                envelope={"end_user": customer},
            )
            for attempt in attempts(call, draw):
                yield attempt
                at = attempt.ended_at + timedelta(milliseconds=draw.randrange(5_000, 40_000))
