"""Bad lines and bad files, each beside good ones. Every good call of a file carries the file's stem as its model."""

from __future__ import annotations

import gzip
import json
import random
from enum import Enum
from pathlib import Path

from .harness import chat

FILLER = b"@filler@"
"""Stands for 50 MB until the file is written."""


class Fate(Enum):
    """What must become of a bad line: reported, counted, or one of the two (never neither)."""

    UNREADABLE = "unreadable"
    CALL = "call"
    EITHER = "either"


def line(model: str, **changes: object) -> bytes:
    """A call of `model` as one line, without its line end."""
    prompt_tokens = changes.pop("prompt_tokens", 100)
    return json.dumps(chat(f"{model}-bad", model, prompt_tokens, **changes)).encode()


def bad_lines() -> dict[str, tuple[bytes, Fate]]:
    """The second line of a file of three, by the file's stem, and its fate."""
    deep = b"[" * 10_000 + b"]" * 10_000
    unreadable = {
        "trailing-garbage": line("trailing-garbage") + b" trailing",
        "cut-short": line("cut-short")[:200],
        "nul-in-a-string": line("nul-in-a-string").replace(b'"ok"', b'"o\x00k"'),
        "nul-run": b"\x00" * 200,
        "invalid-utf8": line("invalid-utf8").replace(b'"ok"', b'"\xff\xfe\xc3("'),
        "count-is-text": line("count-is-text", prompt_tokens="many"),
        "count-is-a-list": line("count-is-a-list", prompt_tokens=[100]),
        "count-is-negative": line("count-is-negative", prompt_tokens=-5),
        "count-is-a-fraction": line("count-is-a-fraction", prompt_tokens=12.5),
        "count-is-huge": line("count-is-huge", prompt_tokens=10**30),
        "count-is-nan": line("count-is-nan", prompt_tokens=float("nan")),
        "year-292277026596": line("year-292277026596", created=2**63 - 1),
        "a-number": b"42",
        "a-string": b'"hello"',
        "a-null": b"null",
        "a-boolean": b"true",
        "an-array": b"[1, 2, 3]",
        "deep-array": deep,
        "bare-error": b'{"error": {"message": "no", "type": "invalid_request_error", "param": null, "code": null}}',
        "usage-is-null": line("usage-is-null", usage=None),
        "usage-is-text": line("usage-is-text", usage="lots"),
        "plain-text": b"2026-01-01 12:00:00 INFO started",
    }
    either = {
        "year-9999": line("year-9999", created=253402300799),
        "deep-metadata": line("deep-metadata", metadata="@").replace(b'"@"', deep),
        "lone-surrogate": line("lone-surrogate", system_fingerprint="\ud800"),
        "duplicate-keys": line("duplicate-keys").replace(b'"prompt_tokens"', b'"prompt_tokens": 7, "prompt_tokens"', 1),
        "fifty-megabytes": line("fifty-megabytes", system_fingerprint=FILLER.decode()),
    }
    call = {
        "escaped-nul": line("escaped-nul", system_fingerprint="a\x00b"),
        "unknown-fields": line("unknown-fields", extra={"a": [1, {"b": None}]}),
    }
    return {
        **{stem: (text, Fate.UNREADABLE) for stem, text in unreadable.items()},
        **{stem: (text, Fate.EITHER) for stem, text in either.items()},
        **{stem: (text, Fate.CALL) for stem, text in call.items()},
    }


def good(stem: str, number: int) -> bytes:
    """The good call `number` of the file `stem`, as a line."""
    return json.dumps(chat(f"{stem}-{number}", stem)).encode() + b"\n"


def good_files() -> dict[str, tuple[bytes, int]]:
    """Odd but sound files by name, and how many calls each holds."""
    pair = {stem: good(stem, 1) + good(stem, 2) for stem in ("good", "bom", "crlf", "no-final-newline", "packed")}
    return {
        "good.jsonl": (pair["good"], 2),
        "bom.jsonl": (b"\xef\xbb\xbf" + pair["bom"], 2),
        "crlf.jsonl": (pair["crlf"].replace(b"\n", b"\r\n"), 2),
        "no-final-newline.jsonl": (pair["no-final-newline"].rstrip(b"\n"), 2),
        "blank-lines.jsonl": (b"\n" + good("blank-lines", 1) + b"\n  \n" + good("blank-lines", 2) + b"\n\n", 2),
        "packed.jsonl.gz": (gzip.compress(pair["packed"]), 2),
    }


def numbered_files() -> dict[str, tuple[bytes, set[int], int]]:
    """Files by name, the lines their problem may be given at, and how many good calls they hold."""
    stems = ("first-line-bad", "blank-then-bad", "last-line-cut", "an-array-file")
    one, two = ({stem: good(stem, number) for stem in stems} for number in (1, 2))
    row = b"2026-01-01T00:00:00Z,openai,a-table,100,10\n"
    header = b"started_at,provider_name,response_model,input_tokens,output_tokens\n"
    elements = [one["an-array-file"].strip(), line("an-array-file", prompt_tokens="many"), two["an-array-file"].strip()]
    return {
        "first-line-bad.jsonl": (b"{oops\n" + one["first-line-bad"] + two["first-line-bad"], {1}, 2),
        "blank-then-bad.jsonl": (one["blank-then-bad"] + b"\r\n\n\n{oops\n" + two["blank-then-bad"], {5}, 2),
        "last-line-cut.jsonl": (one["last-line-cut"] + two["last-line-cut"] + b'{"id": "chatcm', {3}, 2),
        # Line 3 of the file, or record 2: both lead there.
        "an-array-file.json": (b"[\n" + b",\n".join(elements) + b"\n]\n", {2, 3}, 2),
        "a-table.csv": (header + row + row.replace(b",100,", b",many,") + row.replace(b",100,", b",200,"), {3}, 2),
    }


def write_folder(folder: Path) -> None:
    """Everything above as files in `folder`, and a cut gzip, noise, and an empty file."""
    for stem, (text, _) in bad_lines().items():
        content = good(stem, 1) + text + b"\n" + good(stem, 2)
        (folder / f"{stem}.jsonl").write_bytes(content.replace(FILLER, b"x" * 50_000_000))
    for name, (content, _) in good_files().items():
        (folder / name).write_bytes(content)
    for name, (content, _, _) in numbered_files().items():
        (folder / name).write_bytes(content)
    chance = random.Random(7)
    numbers = list(range(2_000))
    chance.shuffle(numbers)
    packed = gzip.compress(b"".join(good("cut-gzip", number) for number in numbers))
    (folder / "cut-gzip.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    (folder / "noise.bin").write_bytes(chance.randbytes(100_000))
    (folder / "empty.jsonl").write_bytes(b"")
