"""What the providers' prompt caches would have said: replayed over the calls from the prefixes they truly share."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from .calls import CLAUDE, GPT, Call

# SOURCE: developers.openai.com/api/docs/guides/prompt-caching (from 1,024 tokens; read 2026-11-23). Steps of 128 and 5
# to 10 idle minutes are the guide's older words, from memory; 8 minutes are ASSUMED.
OPENAI_MINIMUM, OPENAI_STEP, OPENAI_KEPT = 1024, 128, timedelta(minutes=8)
# The traffic is spread over many machines of the provider, so that a call often misses what another one left.
REACHES_SAME_MACHINE = 0.31
# SOURCE: Anthropic's rules as portkey.ai/docs gives them under "Prompt caching" (5 minutes, renewed by each use; read
# 2026-11-23). Pages disagree whether the minimum of Sonnet 4.6 is 1,024 or 2,048 tokens: the marked prompt is longer.
ANTHROPIC_KEPT = timedelta(minutes=5)


def achieved(calls: Iterable[Call], draw: Random) -> Iterator[Call]:
    """The calls with the cached and written tokens that each answer reports. `calls` must be in order of time."""
    kept: dict[str, datetime] = {}
    for call in calls:
        if call.status != 200:
            yield call
        elif call.model == GPT:
            yield _openai(call, kept, draw)
        elif call.model == CLAUDE and "cache_control" in call.request["system"][0]:
            yield _anthropic(call, kept)
        else:
            yield call


def _prefixes(call: Call) -> Iterator[tuple[str, int]]:
    """For each block, a key that names it and all before it, and the tokens up to its end."""
    chain, size = hashlib.blake2b(call.model.encode(), digest_size=12), 0
    for block in call.blocks:
        chain.update(block.text.encode())
        size += block.tokens
        yield chain.hexdigest(), size


def _openai(call: Call, kept: dict[str, datetime], draw: Random) -> Call:
    prefixes = list(_prefixes(call))
    alive = [size for key, size in prefixes if key in kept and timedelta() <= call.started_at - kept[key] < OPENAI_KEPT]
    shared = min(max(alive, default=0), call.prompt_tokens - 1) // OPENAI_STEP * OPENAI_STEP
    lucky = draw.random() < REACHES_SAME_MACHINE
    for key, _ in prefixes:
        kept[key] = max(call.ended_at, kept.get(key, call.ended_at))
    return replace(call, cached_tokens=shared) if lucky and shared >= OPENAI_MINIMUM else call


def _anthropic(call: Call, kept: dict[str, datetime]) -> Call:
    key, size = next(_prefixes(call))
    hit = key in kept and timedelta() <= call.started_at - kept[key] < ANTHROPIC_KEPT
    if hit:
        kept[key] = call.started_at
        return replace(call, cached_tokens=size)
    kept[key] = call.started_at + timedelta(milliseconds=call.first_token_ms)  # usable once the answer has begun
    return replace(call, written_tokens=size)
