"""What became of the records of an ingest, as text."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict

from llmaudit.model import IngestResult, Problem
from llmaudit.render.formats import Format

_SHOWN_PROBLEMS = 20
_SHOWN_BESIDE_AN_ANSWER = 5
_COUNTS = (
    "unchanged_files",
    "records",
    "calls_added",
    "calls_updated",
    "scores_added",
    "scores_without_call",
    "duplicates",
    "skipped",
    "unreadable",
    "unpriced_calls",
)


def rendered(result: IngestResult, form: Format) -> str:
    """The result in that form; only the table is for reading."""
    match form:
        case Format.JSON:
            return json.dumps({"schema": "llmaudit/ingest/1", **asdict(result)}, indent=2, ensure_ascii=False)
        case Format.CSV:
            out = io.StringIO()
            writer = csv.writer(out, lineterminator="\n")
            writer.writerows([("files", *_COUNTS), (result.files, *(getattr(result, name) for name in _COUNTS))])
            return out.getvalue().rstrip("\n")
        case Format.MARKDOWN:
            rows = [f"| {label} | {count:,} |" for label, count in _lines(result)]
            return "\n".join(("| what | records |", "| --- | ---: |", *rows))
        case Format.TABLE:
            return _table(result)


def problems(found: Sequence[Problem]) -> list[str]:
    """What could not be read, one line each, for standard error; the first ones of each file when there are many."""
    lines = []
    by_file: dict[str, int] = {}
    for problem in found:
        by_file[problem.file] = by_file.get(problem.file, 0) + 1
        if by_file[problem.file] <= _SHOWN_PROBLEMS:
            lines.append(f"warning: {_place(problem)}: {problem.reason}")
    more = sum(count - _SHOWN_PROBLEMS for count in by_file.values() if count > _SHOWN_PROBLEMS)
    if more:
        lines.append(f"warning: and {more:,} more of the same files; --format json lists every one")
    return lines


def accounting(result: IngestResult) -> list[str]:
    """What became of the records, in one line, and the first problems: for logs that are read only to be asked."""
    counts = " + ".join(
        f"{count:,} {_named(label, count)}"
        for label, count in (
            ("calls", result.calls_added),
            *([("new scores", result.scores_added)] if result.scores_added else []),
            ("duplicates", result.duplicates),
            ("skipped", result.skipped),
            ("unreadable", result.unreadable),
        )
    )
    unpriced = f"; {_counted(result.unpriced_calls, 'call')} without a known cost" if result.unpriced_calls else ""
    lines = [f"{_counted(result.files, 'file')}: {_counted(result.records, 'record')} = {counts}{unpriced}"]
    lines += [f"warning: {_place(problem)}: {problem.reason}" for problem in result.problems[:_SHOWN_BESIDE_AN_ANSWER]]
    if len(result.problems) > _SHOWN_BESIDE_AN_ANSWER:
        more = len(result.problems) - _SHOWN_BESIDE_AN_ANSWER
        lines.append(f"warning: and {more:,} more; `llmaudit ingest --format json` lists every one")
    return lines


def _place(problem: Problem) -> str:
    return problem.file if problem.line is None else f"{problem.file}:{problem.line}"


def _lines(result: IngestResult) -> list[tuple[str, int]]:
    return [
        ("read", result.records),
        ("new calls", result.calls_added),
        *([("new scores", result.scores_added)] if result.scores_added else []),
        ("duplicates", result.duplicates),
        ("skipped", result.skipped),
        ("unreadable", result.unreadable),
    ]


def _table(result: IngestResult) -> str:
    files = _counted(result.files, "file")
    unchanged = f", {result.unchanged_files:,} unchanged since the last time" if result.unchanged_files else ""
    parts = [f"{files}{unchanged}"]
    width = max(len(f"{count:,}") for _, count in _lines(result))
    for label, count in _lines(result):
        parts.append(f"  {count:>{width},} {_named(label, count)}{_aside(label, result)}")
    for name, counts in result.formats.items():
        given = _counted(counts.scores, "score") if name == "scores" else _counted(counts.calls, "call")
        parts.append(f"  {name}: {given} from {_counted(counts.files, 'file')}")
    if not result.calls_added and not result.scores_added and not result.calls_updated and not result.unreadable:
        parts.append("No call was added: the store already has what these files say.")
    if result.earlier_problems:
        number = len(result.earlier_problems)
        remain, them = ("remains", "it") if number == 1 else ("remain", "them")
        parts.append(f"{_counted(number, 'problem')} of the unchanged files {remain} (--strict lists {them}).")
    if result.unpriced_calls:
        have, are = ("has", "is") if result.unpriced_calls == 1 else ("have", "are")
        calls = _counted(result.unpriced_calls, "call")
        parts.append(f"{calls} of these files {have} no known cost and {are} left out of every total.")
    if result.scores_without_call:
        are = "is" if result.scores_without_call == 1 else "are"
        scores = _counted(result.scores_without_call, "score")
        parts.append(f"{scores} {are} about calls that this store does not have; kept until it does.")
    return "\n".join(parts)


def _named(label: str, count: int) -> str:
    """What a count counts, in the number it is in."""
    one = {
        "read": "record read",
        "new calls": "new call",
        "calls": "call",
        "new scores": "new score",
        "duplicates": "duplicate",
    }
    return one.get(label, label) if count == 1 else {"read": "records read"}.get(label, label)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _aside(label: str, result: IngestResult) -> str:
    if label == "duplicates" and result.calls_updated:
        return f" ({result.calls_updated:,} of them improved a call)"
    if label == "skipped" and result.skipped_reasons:
        return f" ({'; '.join(f'{count:,} {reason}' for reason, count in result.skipped_reasons.items())})"
    return ""
