"""Claude Code session logs of any size, by multiplying a session with fresh ids.

The session is the real one of `shared/formats/samples` beside the checkout, or a synthetic one of the same shape.
What a copy keeps: the order of lines, their text, repeated messages, token counts, distances in time. What is fresh:
message, request, tool, line and session ids, and the dates. Lines are compact UTF-8 JSON, as Claude Code writes them.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

SHARED_PROJECTS = Path(__file__).resolve().parents[1] / ".." / "shared/formats/samples/claude_code/projects"
SESSION_BYTES = 750_000  # a long working session; 300 MB make 400 of them
PROJECTS = 20
FIRST_DAY = datetime(2025, 6, 2, 7, tzinfo=UTC)
DAYS = 90
RESUMED_EVERY = 20  # one session in so many begins with lines of the session before, as `claude --resume` writes them

_SLOT = re.compile(
    r'"timestamp":"(?P<time>[^"]+)"'
    r'|"sessionId":"(?P<session>[^"]+)"'
    r'|"(?P<uuid>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"'
    r'|"(?P<id>(?:msg|req|toolu)_\w+)"'
)
_HEAD = {"time": '"timestamp":"', "session": '"sessionId":"', "uuid": '"', "id": '"'}


@dataclass(frozen=True, slots=True)
class Template:
    """One session cut at its slots: `literals[0] slots[0] literals[1] …`; a slot is its kind and what stood there."""

    literals: tuple[str, ...]
    slots: tuple[tuple[str, str], ...]
    first: datetime

    def copy(self, number: int, session: str, start: datetime) -> str:
        """The session once more, with the ids of copy `number`, beginning at `start`."""
        shift = start - self.first
        parts = [self.literals[0]]
        for (kind, old), literal in zip(self.slots, self.literals[1:], strict=True):
            parts.append(_HEAD[kind] + _fresh(kind, old, number, session, shift) + '"' + literal)
        return "".join(parts)


def write(folder: Path, size: int) -> None:
    """About `size` bytes of sessions under `folder`/projects, in project folders, with a subagent file beside each."""
    session_templates, agent = _templates()
    number, written, sessions = 0, 0, max(1, size // SESSION_BYTES)
    before = ""
    for index in range(sessions):
        project = folder / "projects" / f"-home-dev-project-{index % PROJECTS:02d}"
        project.mkdir(parents=True, exist_ok=True)
        session = _uuid(f"session {index}")
        start = FIRST_DAY + timedelta(days=DAYS) * (index / sessions)
        parts = [before] if index % RESUMED_EVERY == RESUMED_EVERY - 1 else []
        end = size * (index + 1) // sessions
        written += sum(map(_bytes, parts))
        while written < end:
            text = session_templates[number % len(session_templates)].copy(number, session, start)
            before, start, number = text, start + timedelta(minutes=20), number + 1
            parts.append(text)
            written += _bytes(text)
        (project / f"{session}.jsonl").write_text("".join(parts), encoding="utf-8")
        beside = project / f"agent-{session[:8]}.jsonl"
        beside.write_text(agent.copy(number, session, start), encoding="utf-8")


def _bytes(text: str) -> int:
    return len(text.encode())


def _templates() -> tuple[list[Template], Template]:
    paths = sorted(SHARED_PROJECTS.glob("*/*.jsonl"))
    if not paths:
        agent = _template(_synthetic(calls=1))
        return [_template(_synthetic(calls=30))], agent
    sessions = [_template(_lines(path)) for path in paths if not path.name.startswith("agent-")]
    return sessions, next(_template(_lines(path)) for path in paths if path.name.startswith("agent-"))


def _lines(path: Path) -> Iterator[object]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def _template(records: Iterator[object]) -> Template:
    text = "".join(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n" for record in records)
    literals, slots, end = [], [], 0
    for match in _SLOT.finditer(text):
        kind = match.lastgroup or ""
        literals.append(text[end : match.start()])
        slots.append((kind, match[kind]))
        end = match.end()
    times = [datetime.fromisoformat(old) for kind, old in slots if kind == "time"]
    return Template((*literals, text[end:]), tuple(slots), min(times))


def _fresh(kind: str, old: str, number: int, session: str, shift: timedelta) -> str:
    if kind == "time":
        return _iso(datetime.fromisoformat(old) + shift)
    if kind == "session":
        return session
    if kind == "uuid":
        return _uuid(f"{old} {number}")
    return f"{old.split('_')[0]}_01{_digest(f'{old} {number}')[:22]}"


def _digest(seed: str) -> str:
    return hashlib.blake2b(seed.encode(), digest_size=16).hexdigest()


def _uuid(seed: str) -> str:
    digest = _digest(seed)
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"


def _synthetic(calls: int) -> Iterator[dict[str, object]]:
    """A session of `calls` calls, each a question and two lines of one message, the second with the final output."""
    parent: str | None = None
    common = {"isSidechain": calls == 1, "cwd": "/path/to/demo", "sessionId": _uuid("synthetic"), "version": "2.0.28"}
    for call in range(calls):
        text = "Please look at the next module and say what it does. " * 40
        uuid = _uuid(f"user {calls} {call}")
        line: dict[str, object] = {"parentUuid": parent, **common, "type": "user", "uuid": uuid}
        yield {**line, "message": {"role": "user", "content": text}, "timestamp": _time(20 * call)}
        for block, output_tokens in enumerate((30, 285)):
            parent, uuid = uuid, _uuid(f"assistant {calls} {call} {block}")
            line = {"parentUuid": parent, **common, "type": "assistant", "requestId": f"req_{calls}x{call}"}
            message = _message(f"msg_{calls}x{call}", block, output_tokens)
            yield {**line, "message": message, "uuid": uuid, "timestamp": _time(20 * call + 1 + block)}
        parent = uuid


def _message(name: str, block: int, output_tokens: int) -> dict[str, object]:
    return {
        "id": name,
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-20250514",
        "content": [{"type": "text", "text": f"Block {block}: " + "it reads and writes. " * 60}],
        "stop_reason": None,
        "usage": {
            "input_tokens": 6,
            "cache_creation_input_tokens": 304,
            "cache_read_input_tokens": 15_550,
            "output_tokens": output_tokens,
        },
    }


def _time(second: int) -> str:
    return _iso(FIRST_DAY + timedelta(seconds=second))


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
