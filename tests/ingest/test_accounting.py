"""Every record of a file ends as one thing: a new call, a duplicate, skipped or unreadable; and ends so once."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmaudit.ingest import IngestOptions, ingest
from llmaudit.store import open_store
from tests.ingest import records


@dataclass(frozen=True)
class Line:
    """A line of a log as bytes and what it is: a call of that id, a line that is none, or neither."""

    text: bytes
    call: str | None = None
    skipped: bool = False


def chat(number: int, **changes: Any) -> bytes:
    return json.dumps(records.chat(number, **changes)).encode()


def claude(number: int) -> bytes:
    usage = {"input_tokens": 10, "output_tokens": number}
    message = {"id": f"msg_{number}", "model": "claude-sonnet-4-5", "usage": usage}
    said = {"type": "assistant", "message": message, "requestId": f"req_{number}"}
    return json.dumps({**said, "sessionId": "s", "timestamp": f"2026-10-01T00:00:0{number}Z"}).encode()


BROKEN = {
    "torn": chat(1)[:60],
    "followed by more": chat(1) + b" and more",
    "NULs": b"\0" * 20,
    "a NUL in a text": chat(1).replace(b"gpt-4o", b"gpt\x00-4o"),
    "no UTF-8": chat(1).replace(b"gpt-4o", b"gpt\xff\xfe-4o"),
    "a number": b"7",
    "a text": b'"chatcmpl-1"',
    "nothing": b"null",
    "an array": b"[1, 2]",
    "deep": b"[" * 2_000 + b"]" * 2_000,
    "a count that is text": chat(1, usage={"prompt_tokens": "ten", "completion_tokens": 1}),
    "a count below 0": chat(1, usage={"prompt_tokens": -1, "completion_tokens": 1}),
    "a count beyond all": chat(1, usage={"prompt_tokens": 10**30, "completion_tokens": 1}),
    "more cached than there is": chat(
        1, usage={"prompt_tokens": 1, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 5}}
    ),
    "nobody's": b'{"hello": 1}',
}
CHATS = [Line(chat(number), f"openai/chatcmpl-{number}") for number in (1, 2, 3)]
SESSION = [
    *(Line(claude(number), f"anthropic/msg_{number}:req_{number}") for number in (1, 2, 3)),
    Line(b'{"type": "summary", "summary": "it reads", "leafUuid": "x"}', skipped=True),
    Line(json.dumps({"type": "user", "sessionId": "s", "timestamp": "2026-10-01T00:00:00Z"}).encode(), skipped=True),
]
LOGS = {
    "chat": st.sampled_from([*CHATS, *map(Line, BROKEN.values())]),
    "session": st.sampled_from([*SESSION, Line(claude(1)[:60])]),
}


@st.composite
def files(draw: st.DrawFn) -> list[Line]:
    """Lines of one log, the first of them a call, by which it is known."""
    kind = draw(st.sampled_from(sorted(LOGS)))
    return [
        draw(st.sampled_from({"chat": CHATS, "session": SESSION[:3]}[kind])),
        *draw(st.lists(LOGS[kind], max_size=8)),
    ]


def counted(lines: Sequence[Line], known: set[str]) -> tuple[int, int, int, int, int]:
    """Records, new calls, duplicates, skipped and unreadable lines, where some calls are known before."""
    calls = [line.call for line in lines if line.call is not None]
    new = len(set(calls) - known)
    skipped = sum(line.skipped for line in lines)
    return len(lines), new, len(calls) - new, skipped, len(lines) - len(calls) - skipped


@settings(max_examples=20)
@given(
    logs=st.lists(files(), min_size=1, max_size=3), end=st.sampled_from([b"\n", b"\r\n", b"\n\n \n"]), data=st.data()
)
def test_records_are_new_calls_duplicates_skipped_and_unreadable_lines(
    tmp_path_factory: pytest.TempPathFactory, logs: list[list[Line]], end: bytes, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("logs")
    everything = [line for log in logs for line in log]
    calls = {line.call for line in everything if line.call is not None}
    for number, log in enumerate(logs):
        content = end.join(line.text for line in log) + (end if data.draw(st.booleans()) else b"")
        if data.draw(st.booleans()):
            (folder / f"{number}.jsonl.gz").write_bytes(gzip.compress(content))
        else:
            (folder / f"{number}.jsonl").write_bytes(content)
    with open_store(":memory:") as store:
        assert ended(store, folder) == counted(everything, set())
        before = store.rows("select * from calls order by all")
        assert {row[0] for row in store.rows("select call_id from calls")} == calls
        assert ended(store, folder) == (0, 0, 0, 0, 0)
        for file in list(folder.iterdir()):
            file.rename(file.with_name(f"again-{file.name}"))
        assert ended(store, folder) == counted(everything, calls)
        assert store.rows("select * from calls order by all") == before


def ended(store: Any, folder: Path) -> tuple[int, int, int, int, int]:
    found = ingest(store, [str(folder)], IngestOptions())
    return found.records, found.calls_added, found.duplicates, found.skipped, found.unreadable
