"""Token counts with the standard library alone, equal to o200k_base on every text this generator writes.

o200k_base first cuts a text into pieces by one regular expression, then each piece becomes one or more tokens. The
texts here are ASCII from a closed vocabulary, so the ASCII form of that expression plus the list of pieces that are
more than one token (`pieces.py`) gives the exact count without the 3.6 MB vocabulary. The test recounts with
tiktoken: a new word in a template that is more than one token fails there and belongs into `pieces.py`.
SOURCE of the expression: `tiktoken.get_encoding("o200k_base")._pat_str`, tiktoken 0.14.0, read 2026-11-23.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from .pieces import MULTI_TOKEN_PIECES

PIECE = re.compile(
    r"[^\r\nA-Za-z0-9]?[A-Z]*[a-z]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\nA-Za-z0-9]?[A-Z]+[a-z]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[0-9]{1,3}| ?[^\sA-Za-z0-9]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
REPLY_PRIMING = (
    3  # every reply begins with three tokens; SOURCE: OpenAI cookbook, "How to count tokens", read 2026-11-23
)
MESSAGE_OVERHEAD = 4  # three separators and the role name, itself one token; same source


@cache
def count(text: str) -> int:
    """How many o200k_base tokens `text` has. Exact for ASCII text whose long pieces are in the list."""
    if not text.isascii():
        raise ValueError("the generator writes ASCII text only")
    pieces = PIECE.findall(text)
    return len(pieces) + sum(MULTI_TOKEN_PIECES.get(piece, 1) - 1 for piece in pieces)


def of_message(message: Mapping[str, Any]) -> int:
    """Tokens of one chat message in the prompt. Tool calls count as name and arguments: their form is not public."""
    calls: Sequence[Mapping[str, Any]] = message.get("tool_calls") or ()
    return MESSAGE_OVERHEAD + count(message.get("content") or "") + sum(of_tool_call(call) for call in calls)


def of_tool_call(call: Mapping[str, Any]) -> int:
    """Tokens of a tool call as written by the model: name, arguments and two separators."""
    return count(call["function"]["name"]) + count(call["function"]["arguments"]) + 2


def of_tools(tools: Sequence[Mapping[str, Any]]) -> int:
    """Tokens of tool definitions, counted over their compact JSON: how the provider renders them is not public."""
    return count(json.dumps(tools, separators=(",", ":"))) if tools else 0


def claude(tokens: int) -> int:
    """Claude's tokens for so many of o200k_base: an ASSUMED 1.12, rounded down. Its tokenizer is not public."""
    return tokens * 112 // 100


def gemini(tokens: int) -> int:
    """Gemini's tokens for so many of o200k_base: an ASSUMED 1.05, rounded down."""
    return tokens * 105 // 100
