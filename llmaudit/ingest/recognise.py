"""Which format a source is in, told by its content."""

import contextlib
import csv
import io
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from llmaudit.readers import Reader
from llmaudit.sources import Compression, Content, Damaged, Source, Unopenable, head, lines

_HEADS = (1 << 13, 1 << 16, 1 << 20, 1 << 25)
"""How much of a file is looked at, the next size only when the one before did not tell: sessions may begin with a long
question, and the first record may be as large as DuckDB takes them."""
_RECORDS_LOOKED_AT = 200
_LOOKED_THROUGH = 1 << 28
_BEFORE_RECORDS = b"\xef\xbb\xbf \t\r\n"


_Ranks = Sequence[Sequence[Reader]]


class Layout(StrEnum):
    """How records lie in a file. The JSON values are DuckDB's words for it."""

    LINES = "newline_delimited"
    ARRAY = "array"
    DOCUMENTS = "unstructured"
    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Recognised:
    """A source, how it lies, and who reads it; `fields` are the columns of a table (none in JSON)."""

    source: Source
    layout: Layout
    reader: Reader
    fields: tuple[str, ...] = ()
    delimiter: str = ","


class Unrecognised(Exception):
    """Why nobody reads a source; empty files are not worth a word."""


def recognise(source: Source, *ranks: Sequence[Reader]) -> Recognised | None:
    """The reader for a source, or None when it is empty. A rank of readers outranks the next.

    Raises Unrecognised with the reason when there is not one.
    """
    try:
        content = source.open()
    except Unopenable as error:
        raise Unrecognised(f"cannot be opened: {error.reason}") from error
    if content.compression is Compression.ZIP:
        raise Unrecognised("a zip archive that is damaged, inside another one, or in S3 under a name without .zip")
    start = b""
    for size in _HEADS:
        if size == _HEADS[-1] and start.lstrip(_BEFORE_RECORDS)[:1] == b"{":
            reader = _further_on(content, ranks)
            if reader is not None:
                return Recognised(source, Layout.LINES, reader)
        try:
            start = head(content.local, content.compression, size)
        except OSError as error:
            raise Unrecognised(f"cannot be read: {error.strerror}") from error
        try:
            return _recognise(source, start, ranks)
        except Unrecognised:
            if len(start) < size or size == _HEADS[-1] or not _may_hold_records(start):
                raise
    raise AssertionError("the last size either returns or raises")


def _further_on(content: Content, ranks: _Ranks) -> Reader | None:
    """Who claims one of the first lines, read one by one, for they may be many megabytes long; None if none is JSON.

    Raises Unrecognised when lines are records and nobody claims them: looking at more of them at once would not help.
    """
    looked_at, records = 0, 0
    with contextlib.suppress(Damaged):
        for line in itertools.islice(lines(content.local, content.compression), _RECORDS_LOOKED_AT):
            looked_at += len(line)
            if looked_at > _LOOKED_THROUGH:
                break
            if len(line) <= _HEADS[-1] and _decodable(line):
                records += 1
                if reader := _claimant(json.loads(line), ranks):
                    return reader
    if records:
        raise Unrecognised("not a log in a known format")
    return None


def _may_hold_records(start: bytes) -> bool:
    """Whether looking further can help: JSON records may be long, also behind the rest of one; a header is not."""
    return start.lstrip(_BEFORE_RECORDS)[:1] in {b"{", b"["} or b"\n{" in start or b"\n" not in start


def _recognise(source: Source, start: bytes, ranks: _Ranks) -> Recognised | None:
    if start[:4] == b"PAR1":
        return _table(source, Layout.PARQUET, _parquet_fields(source), ranks)
    if _is_utf_16(start):
        raise Unrecognised("is UTF-16 text; make it UTF-8, such as with `iconv -f UTF-16 -t UTF-8`")
    text = start.decode("utf-8-sig", errors="replace").lstrip("\ufeff\x00 \t\r\n")
    if not text:
        if not start.strip():
            return None
        raise Unrecognised("nothing but NUL bytes")
    if text[0] not in "[{" and not _looks_like_json_lines(text):
        fields, delimiter = _header(text)
        return _table(source, Layout.CSV, fields, ranks, delimiter)
    layout = _json_layout(text)
    for record in _records(text, layout):
        reader = _claimant(record, ranks)
        if reader is not None:
            return Recognised(source, layout, reader)
    raise Unrecognised("not a log in a known format")


def _is_utf_16(start: bytes) -> bool:
    """Whether it begins with the mark of UTF-16, or with ASCII of which every other byte is zero."""
    if start[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return True
    even, odd = start[:64:2], start[1:64:2]
    return len(odd) > 3 and any(not any(zeros) and all(letters) for zeros, letters in ((even, odd), (odd, even)))


def _claimant(record: Any, ranks: _Ranks, *, tabular: bool = False) -> Reader | None:
    for readers in ranks:
        claims = [reader for reader in readers if reader.recognises(record) and (reader.tabular or not tabular)]
        if len(claims) > 1:
            raise Unrecognised(f"claimed by two formats: {' and '.join(reader.name for reader in claims)}")
        if claims:
            return claims[0]
    return None


def _table(source: Source, layout: Layout, fields: Sequence[str], ranks: _Ranks, delimiter: str = ",") -> Recognised:
    reader = _claimant(dict.fromkeys(fields, "…"), ranks, tabular=True)
    if reader is None:
        raise Unrecognised("not a log in a known format")
    return Recognised(source, layout, reader, tuple(fields), delimiter)


def _parquet_fields(source: Source) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return list(pq.read_schema(source.local).names)
    except (pa.ArrowInvalid, OSError) as error:
        raise Unrecognised("a damaged Parquet file") from error


def _header(text: str) -> tuple[list[str], str]:
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=first.count)
    try:
        return _told_apart(next(csv.reader(io.StringIO(first), delimiter=delimiter))), delimiter
    except (csv.Error, StopIteration) as error:
        raise Unrecognised("not a log in a known format") from error


def _told_apart(names: Sequence[str]) -> list[str]:
    """The names of columns; one without a name (an index that pandas wrote) or that stands twice is numbered."""
    told: list[str] = []
    for place, name in enumerate(map(str.strip, names)):
        used = {other.lower() for other in told}
        told.append(name if name and name.lower() not in used else f"{name or 'column'}_{place}")
    return told


def _looks_like_json_lines(text: str) -> bool:
    """Whether the first line is a stray value or torn, but a later one is an object."""
    return any(line.startswith('{"') for line in text.splitlines()[1:_RECORDS_LOOKED_AT])


def _json_layout(text: str) -> Layout:
    first, _, rest = text.partition("\n")
    if first.startswith("["):
        try:
            json.loads(first)
        except ValueError:
            return Layout.ARRAY
        return Layout.LINES if rest.lstrip().startswith("{") else Layout.ARRAY
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        # One object over several lines, or a line that is torn: only the former goes on without a new object.
        return Layout.LINES if rest.startswith("{") or _decodable(rest.partition("\n")[0]) else _spread(text)
    return Layout.LINES


def _spread(text: str) -> Layout:
    try:
        json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return Layout.LINES
    return Layout.DOCUMENTS


def _decodable(line: str | bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _records(text: str, layout: Layout) -> Iterator[Any]:
    """The first records of a file, as far as its head goes; what cannot be parsed is passed over here."""
    if layout is Layout.LINES:
        for line in text.split("\n")[:_RECORDS_LOOKED_AT]:
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                continue
        return
    decoder, at = json.JSONDecoder(), 0
    for _ in range(_RECORDS_LOOKED_AT):
        while at < len(text) and text[at] in "[, \t\r\n":
            at += 1
        try:
            record, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        yield record
