"""What Claude Code session files come to, the slow and obvious way: brute force for generated sessions."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .harness import claude


@dataclass(frozen=True, slots=True)
class Message:
    """One message after merging its lines: the earliest instant it was seen at, and its largest output."""

    started_at: str
    output_tokens: int


def merge(lines: Iterable[dict[str, Any]]) -> dict[tuple[str, str], Message]:
    """The distinct messages among `lines`, by (message id, request id)."""
    seen: dict[tuple[str, str], Message] = {}
    for line in lines:
        key = (line["message"]["id"], line["requestId"])
        output, at = line["message"]["usage"]["output_tokens"], line["timestamp"]
        before = seen.get(key, Message(at, output))
        seen[key] = Message(min(before.started_at, at), max(before.output_tokens, output))
    return seen


def sessions(seed: int, files: int) -> list[list[dict[str, Any]]]:
    """Lines of `files` session files: messages of one to four lines, some lines in several files, in any order."""
    chance = random.Random(seed)
    spread: list[list[dict[str, Any]]] = [[] for _ in range(files)]
    for number in range(60):
        final = chance.randint(1, 2000)
        for second in range(chance.randint(1, 4)):
            output = chance.randint(1, final)
            line = claude(f"msg_{number}", output, f"2026-02-{1 + number % 28:02d}T10:{number:02d}:{second:02d}.000Z")
            for index in chance.sample(range(files), chance.choice([1, 1, 1, 2])):
                spread[index].append(line)
    for lines in spread:
        chance.shuffle(lines)
    return spread
