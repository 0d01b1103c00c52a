"""The company month: all applications in order of time, as files, with the accidents that real logs have."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from random import Random

from . import assistant, cache, docsearch, faq, nightly, scores
from .bodies import record
from .calls import Call
from .people import USERS
from .rhythm import FIRST, file_start

SEED = "quaymark-2026-10"
PLAIN = "docsearch/anthropic-2026-10-29"  # left uncompressed, for people to look at
REPEATED_IN, REPEATED_LINES = "gateway/openai-2026-10-08", (40, 41, 42, 180)  # the log shipper sent these lines twice
OVERLAP_OF, OVERLAP_IN, OVERLAP_LINES = "docsearch/openai-2026-10-15", "docsearch/openai-2026-10-22", 25
TORN = "assistant/chat-2026-10-29"  # the machine was replaced while the last line was written


@dataclass
class Month:
    """The files by name, as text, and the calls that stand readable in them, each once.

    `scores_csv` is what a judge said of some of them: it stands beside the logs, not among them.
    """

    files: dict[str, str]
    calls: list[Call]
    scores_csv: str
    torn_calls: list[Call] = field(default_factory=list)

    @property
    def users_csv(self) -> str:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(
            [("user_id", "tier"), *((user.user_id, user.tier) for user in USERS)]
        )
        return text.getvalue()


def build() -> Month:
    """The month, the same on every machine and in every run."""
    calls = list(cache.achieved(_in_order(), Random(f"{SEED}/cache")))
    identities = Random(f"{SEED}/identities")
    lines: dict[str, list[str]] = {}
    names: list[str] = []
    ids: list[str | None] = []
    for call in calls:
        names.append(f"{call.file}-{FIRST:%Y-%m}-{file_start(call.started_at):02d}")
        made = record(call, identities)
        ids.append((made.get("response") or {}).get("id"))
        lines.setdefault(names[-1], []).append(json.dumps(made, separators=(",", ":")) + "\n")
    last = len(names) - 1 - names[::-1].index(TORN)
    torn, _ = calls.pop(last), ids.pop(last)
    _damage(lines)
    judged = scores.judged(calls, ids, Random(f"{SEED}/scores"))
    return Month({name: "".join(rows) for name, rows in sorted(lines.items())}, calls, judged, [torn])


def _in_order() -> list[Call]:
    applications: dict[str, Callable[[Random], Iterator[Call]]] = {
        "assistant": assistant.calls,
        "faq": faq.calls,
        "script": faq.script,
        "docsearch": docsearch.calls,
        "reports": nightly.reports,
        "summaries": nightly.summaries,
    }
    # Each application draws from its own seed, so that a change in one leaves the others as they were.
    made = chain.from_iterable(make(Random(f"{SEED}/{name}")) for name, make in applications.items())
    return sorted(made, key=lambda call: (call.started_at, call.app, call.attempt))


def _damage(lines: dict[str, list[str]]) -> None:
    """Lines sent twice, records that stand in two files, and a last line that was never finished."""
    repeated = lines[REPEATED_IN]
    for number in sorted(REPEATED_LINES, reverse=True):
        repeated.insert(number, repeated[number - 1])
    lines[OVERLAP_IN][:0] = lines[OVERLAP_OF][-OVERLAP_LINES:]
    whole = lines[TORN][-1]
    lines[TORN][-1] = whole[: len(whole) * 3 // 5]


def write(month: Month, folder: Path) -> None:
    """Write the month under `folder`, replacing the logs that are there. The same bytes wherever zlib is the same."""
    for old in chain(folder.rglob("*.jsonl"), folder.rglob("*.jsonl.gz")):
        old.unlink()
    for name, text in month.files.items():
        path = folder / (f"{name}.jsonl" if name == PLAIN else f"{name}.jsonl.gz")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("ascii") if name == PLAIN else _packed(text))
    (folder / "users.csv").write_bytes(month.users_csv.encode("ascii"))


def _packed(text: str) -> bytes:
    packed = io.BytesIO()
    # No name and no time in the header: they would change from run to run.
    with gzip.GzipFile("", "wb", 9, packed, mtime=0) as stream:
        stream.write(text.encode("ascii"))
    return packed.getvalue()
