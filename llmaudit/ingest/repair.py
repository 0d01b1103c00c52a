"""The slow, exact path for a file that a typed read refused: record by record, with line numbers.

Only what is broken is left out. Reasons name the field and what was expected, never the value: it may be a secret.
"""

import csv
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from llmaudit.ingest.recognise import Layout, Recognised
from llmaudit.readers import Reader
from llmaudit.readers.shape import BOOL, JSON, MONEY, NUMBER, TEXT, TIME, Shape
from llmaudit.sources import Compression, Content, Damaged, lines, unpacked

_LONGEST_RECORD = 15_000_000
"""DuckDB reads JSON objects of up to 16 MiB."""
_DEEPEST = 120
"""DuckDB reads JSON of up to 128 levels."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that cannot be read; `line` is where it begins."""

    record_number: int
    line: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Repaired:
    """The readable records as JSON lines in `clean`, unreadable ones replaced by `null` so that numbers still hold.

    `damage` is what ended the file early, if anything did.
    """

    clean: Recognised
    records: int
    broken: tuple[Broken, ...]
    damage: str | None


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    value: Any
    reason: str | None = None


def repair(item: Recognised, temporary: Path, only: Collection[int] | None = None) -> Repaired:
    """Write the readable records of a source to a file below `temporary`, and say which were not and why.

    With `only`, the records of other numbers are left to others: they are `null` too, and not broken.
    """
    clean = temporary / f"clean-{item.source.local.name}-{abs(hash(item.source.name)):x}.jsonl"
    broken: list[Broken] = []
    number, damage = 0, None
    with clean.open("w", encoding="utf-8") as out:
        records = _records(item)
        while True:
            try:
                record = next(records)
            except StopIteration:
                break
            except Damaged as error:
                damage = str(error)
                break
            number += 1
            if only is not None and number not in only:
                out.write("null\n")
                continue
            reason = record.reason or _objection(record.value, item.reader.columns)
            if reason is None:
                out.write(json.dumps(record.value) + "\n")
            else:
                broken.append(Broken(number, record.line, reason))
                out.write("null\n")
    if damage and broken and broken[-1].record_number == number:
        broken[-1] = replace(broken[-1], reason=damage)
        damage = None
    source = replace(item.source, open=lambda: Content(clean, Compression.NONE))
    return Repaired(replace(item, source=source, layout=Layout.LINES), number, tuple(broken), damage)


def lines_of(item: Recognised, record_numbers: set[int]) -> dict[int, int]:
    """The line on which each of these records begins; none for formats without lines."""
    return {number: record.line for number, record in _numbered(item, record_numbers)}


def claimed(item: Recognised, record_numbers: set[int], readers: Sequence[Reader]) -> dict[int, tuple[Reader, ...]]:
    """Which of these records are in the format of other readers than that of their file, and in whose."""
    if item.layout in {Layout.PARQUET, Layout.CSV}:
        return {}
    found = {}
    for number, record in _numbered(item, record_numbers):
        if not item.reader.recognises(record.value):
            claims = tuple(reader for reader in readers if reader.recognises(record.value))
            if claims:
                found[number] = claims
    return found


def _numbered(item: Recognised, record_numbers: set[int]) -> Iterator[tuple[int, _Record]]:
    """The records of these numbers, as far as the file can be read; none for formats without lines."""
    if item.layout is Layout.PARQUET:
        return
    left = len(record_numbers)
    records = enumerate(_records(item), start=1)
    while left:
        try:
            number, record = next(records)
        except (StopIteration, Damaged):
            return
        if number in record_numbers:
            left -= 1
            yield number, record


def _records(item: Recognised) -> Iterator[_Record]:
    """The records of a source with the line on which each begins. Raises Damaged where the file breaks off."""
    if item.layout is Layout.LINES:
        return _json_lines(item)
    if item.layout is Layout.CSV:
        return _csv_rows(item)
    if item.layout is Layout.PARQUET:
        return iter([_Record(1, None, "the Parquet file is damaged or has other types than this format")])
    return _json_documents(item)


def _json_lines(item: Recognised) -> Iterator[_Record]:
    for number, line in enumerate(lines(item.source.local, item.source.compression), start=1):
        content = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if content.strip():
            yield _parsed(content, number)


def _parsed(content: bytes, line: int) -> _Record:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        return _Record(line, None, f"not UTF-8 text at byte {error.start + 1}")
    try:
        value = json.loads(text, parse_constant=_no_number)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
        return _Record(line, value)
    except UnicodeEncodeError:
        return _Record(line, None, "half a character (an unpaired surrogate)")
    except json.JSONDecodeError as error:
        return _Record(line, None, f"not JSON at character {error.pos + 1}: {_reason(error)}")
    except RecursionError:
        return _Record(line, None, "nested too deeply to be read")
    except ValueError:
        return _Record(line, None, "a number that is none, or too long to be read")


def _reason(error: json.JSONDecodeError) -> str:
    """Python's word for it, as part of a sentence."""
    return f"{error.msg[0].lower()}{error.msg[1:].removesuffix(' starting at')}"


def _no_number(word: str) -> float:
    """JSON has no NaN and no Infinity, though Python reads them."""
    raise ValueError(word)


def _json_documents(item: Recognised) -> Iterator[_Record]:
    """Objects over several lines, or the items of an array."""
    content = b"".join(unpacked(item.source.local, item.source.compression)).removeprefix(b"\xef\xbb\xbf")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        yield _Record(content.count(b"\n", 0, error.start) + 1, None, f"not UTF-8 text at byte {error.start + 1}")
        return
    decoder, at, line, closed = json.JSONDecoder(), 0, 1, False
    separators = "[, \t\r\n" if item.layout is Layout.ARRAY else " \t\r\n"
    while True:
        start = at
        while at < len(text) and text[at] in separators:
            at += 1
        line += text.count("\n", start, at)
        if item.layout is Layout.ARRAY and at < len(text) and text[at] == "]":
            closed, at = True, at + 1
            continue
        if at >= len(text):
            if item.layout is Layout.ARRAY and not closed:
                raise Damaged("the array ends early")
            return
        closed = False
        try:
            value, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            yield _Record(error.lineno, None, f"not JSON: {_reason(error)}; the rest is not read")
            return
        except RecursionError:
            yield _Record(line, None, "nested too deeply to be read; the rest is not read")
            return
        yield _Record(line, value)
        line += text.count("\n", at, end)
        at = end


def _csv_rows(item: Recognised) -> Iterator[_Record]:
    csv.field_size_limit(1 << 30)
    text = (
        line.decode("utf-8", errors="surrogateescape") + "\n"
        for line in lines(item.source.local, item.source.compression)
    )
    rows = csv.reader(text, delimiter=item.delimiter, strict=False)
    line = 1
    for row in rows:
        if line == 1:
            line = rows.line_num + 1
            continue
        begins, line = line, rows.line_num + 1
        if not row:
            continue
        if any("\udc80" <= character <= "\udcff" for cell in row for character in cell):
            yield _Record(begins, None, "not UTF-8 text")
        elif len(row) != len(item.fields):
            yield _Record(begins, None, f"{len(row)} cells where the header has {len(item.fields)}")
        else:
            yield _Record(begins, {name: cell for name, cell in zip(item.fields, row, strict=True) if cell != ""})


def _objection(value: Any, columns: Mapping[str, Shape]) -> str | None:
    """Why a record cannot be read with these columns, or None."""
    if not isinstance(value, dict):
        return "not an object"
    if _depth(value) > _DEEPEST:
        return "nested too deeply to be read"
    found = next((reason for reason in (_misfit(value.get(n), s, n) for n, s in columns.items()) if reason), None)
    if found is None and len(json.dumps(value)) > _LONGEST_RECORD:
        return "longer than 15 MB"
    return found


def _misfit(value: Any, shape: Shape, path: str) -> str | None:
    if value is None or shape in (JSON, TEXT):
        return None
    if isinstance(shape, Mapping):
        if not isinstance(value, dict):
            return f"{path} is not an object"
        parts = (_misfit(value.get(name), part, f"{path}.{name}") for name, part in shape.items())
    elif isinstance(shape, str):
        return None if _fits(value, shape) else f"{path} is not {_EXPECTED[shape]}"
    else:
        if not isinstance(value, list):
            return f"{path} is not a list"
        parts = (_misfit(item, shape[0], f"{path}[{number}]") for number, item in enumerate(value))
    return next((reason for reason in parts if reason), None)


_EXPECTED = {NUMBER: "a number", MONEY: "an amount", BOOL: "true or false", TIME: "a time"}


def _fits(value: Any, shape: str) -> bool:
    if shape in {NUMBER, MONEY}:
        if isinstance(value, bool):
            return False
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            return False
        return shape == NUMBER or abs(number) < 1e12
    if shape == BOOL:
        return isinstance(value, bool) or str(value).lower() in {"true", "false", "t", "f", "1", "0"}
    if shape == TIME:
        try:
            return isinstance(value, str) and datetime.fromisoformat(value) is not None
        except ValueError:
            return False
    return True


def _depth(value: Any) -> int:
    """How many levels of lists and objects a value has, without recursion."""
    deepest, level = 0, [value]
    while level:
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        deepest += 1
    return deepest
