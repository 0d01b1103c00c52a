"""The FAQ bot: one question, temperature 0, the knowledge base in front. And the script that borrows its key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from . import texts, tokens
from .calls import GPT, Call, attempts, blocks_of
from .people import Zipf, anyone
from .prompts import FAQ_SYSTEM, SCRIPT_SYSTEM
from .rhythm import FIRST, arrivals
from .topics import TOPICS

CALLS = 2350
STANDARD_SHARE = 0.66  # the rest is in the customer's own words, and hardly ever twice the same
SCRIPT_RUNS = 36
SCRIPT_CALLS_PER_RUN = 5
_SHARED_KEY = {"api_key_alias": "shared-gateway"}


def calls(draw: Random) -> Iterator[Call]:
    """All attempts of the bot in the month: 150 standard questions by popularity, and free ones."""
    standard = [(topic, form) for topic in TOPICS for form in range(len(texts.FAQ_FORMS))]
    draw.shuffle(standard)
    popularity = Zipf(len(standard), 0.9)
    for at in arrivals(CALLS, draw):
        user = anyone(draw) if draw.random() < 0.7 else None  # the others are visitors of the public site
        if draw.random() < STANDARD_SHARE:
            topic, form = standard[popularity.draw(draw)]
            question, answer = texts.FAQ_FORMS[form].format(t=topic), texts.FAQ_ANSWERS[form].format(t=topic)
        else:
            topic = draw.choice(TOPICS)
            question = texts.fill(draw.choice(texts.OWN_WORDS), draw, topic)
            answer = texts.prose(texts.FAQ_ANSWERS, draw, 30, topic)
        request: dict[str, Any] = {"model": GPT, "messages": _chat(FAQ_SYSTEM, question), "temperature": 0}
        request |= {"max_tokens": 300} | ({"user": user.user_id} if user else {})
        yield from attempts(_call("faq", request, question, answer, at), draw)


def script(draw: Random) -> Iterator[Call]:
    """A forgotten script: on most working days, five large requests in a row."""
    days = [FIRST + timedelta(days=day, hours=6) for day in range(31) if (FIRST + timedelta(days=day)).weekday() < 5]
    for run in range(SCRIPT_RUNS):
        at = days[run % len(days)] + timedelta(hours=run // len(days) * 6, seconds=draw.randrange(600))
        for _ in range(SCRIPT_CALLS_PER_RUN):
            question = texts.freight_lines(draw, draw.randrange(80, 170))
            answer = "\n".join(
                f"{good}s; chapter {draw.randrange(10, 97)}; medium" for good in draw.choices(texts.GOODS, k=35)
            )
            request: dict[str, Any] = {"model": GPT, "messages": _chat(SCRIPT_SYSTEM, question), "temperature": 0.2}
            for attempt in attempts(_call("script", request, question, answer, at), draw):
                yield attempt
                at = attempt.ended_at + timedelta(milliseconds=draw.randrange(300, 1500))


def _chat(system: str, question: str) -> list[dict[str, Any]]:
    return [{"role": "system", "content": system}, {"role": "user", "content": question}]


def _call(app: str, request: dict[str, Any], question: str, answer: str, at: datetime) -> Call:
    return Call(
        app=app,
        file="gateway/openai",
        model=GPT,
        started_at=at,
        request=request,
        blocks=blocks_of(request),
        answer={"role": "assistant", "content": answer},
        output_tokens=tokens.count(answer),
        question_tokens=tokens.count(question),
        envelope=_SHARED_KEY,
    )
