"""How a file is packed, by its first bytes, and its unpacked content, as far as it can be had."""

import os
import zlib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

_CHUNK = 1 << 20
_ZSTD_PIECE = 1 << 12


class Compression(StrEnum):
    """How a file is packed. The values are DuckDB's words for it."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"
    ZIP = "zip"


_MAGIC = {  # of two bytes or four
    b"\x1f\x8b": Compression.GZIP,
    b"\x28\xb5\x2f\xfd": Compression.ZSTD,
    # A frame to be skipped may come first (facebook/zstd, doc/zstd_compression_format.md, 2026-11-27).
    **{bytes((0x50 + number, 0x2A, 0x4D, 0x18)): Compression.ZSTD for number in range(16)},
    b"PK\x03\x04": Compression.ZIP,
}


class Damaged(Exception):
    """The packed stream ends early or is not what it says; everything before was given."""


def compression_of(path: Path) -> Compression:
    """How the file is packed; names are not looked at."""
    start = _read_at(path, 0, 4)
    return _MAGIC.get(start) or _MAGIC.get(start[:2], Compression.NONE)


def last_byte(path: Path) -> bytes:
    """The last byte of the file as it lies there, or none."""
    return _read_at(path, max(path.stat().st_size - 1, 0), 1)


def _read_at(path: Path, offset: int, size: int) -> bytes:
    # Thousands of files are asked for a few bytes; Python's buffers would take two thirds of the time.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        os.lseek(handle, offset, os.SEEK_SET)
        return os.read(handle, size)
    finally:
        os.close(handle)


def head(path: Path, compression: Compression, size: int) -> bytes:
    """The first bytes of the unpacked content, at most `size`; fewer when the file is damaged."""
    if compression is Compression.NONE and size <= _CHUNK:
        return _read_at(path, 0, size)
    parts: list[bytes] = []
    length = 0
    try:
        for chunk in unpacked(path, compression, min(size, _CHUNK)):
            parts.append(chunk)
            length += len(chunk)
            if length >= size:
                break
    except Damaged:
        pass  # the full read names the damage; here only the format is looked for
    return b"".join(parts)[:size]


def lines(path: Path, compression: Compression) -> Iterator[bytes]:
    """The lines of the unpacked content, without their ends. Raises Damaged after the last one that could be had."""
    pending: list[bytes] = []
    try:
        for chunk in unpacked(path, compression, _CHUNK):
            first, *others = chunk.split(b"\n")
            pending.append(first)
            for line in others:
                yield b"".join(pending).removesuffix(b"\r")
                pending = [line]
    except Damaged:
        if any(pending):
            yield b"".join(pending)
        raise
    if any(pending):
        yield b"".join(pending).removesuffix(b"\r")


def unpacked(path: Path, compression: Compression, chunk: int = _CHUNK) -> Iterator[bytes]:
    """The unpacked content in pieces. Raises Damaged where the packed stream breaks off."""
    with path.open("rb") as file:
        raw = iter(lambda: file.read(chunk), b"")
        if compression is Compression.GZIP:
            yield from _gunzipped(raw)
        elif compression is Compression.ZSTD:
            yield from _unzstd(path)
        else:
            yield from raw


def _unzstd(path: Path) -> Iterator[bytes]:
    """Zstandard content, in small pieces: what is asked for at once is lost at once where the stream is torn."""
    import pyarrow as pa

    with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as stream:
        try:
            yield from iter(lambda: stream.read(_ZSTD_PIECE), b"")
        except OSError as error:
            raise Damaged("the zstd stream is damaged") from error


def _gunzipped(packed: Iterator[bytes]) -> Iterator[bytes]:
    """Gzip content, member after member (log shippers append members to one file)."""
    member = zlib.decompressobj(wbits=31)
    inside = False
    for chunk in packed:
        while chunk:
            try:
                yield member.decompress(chunk)
            except zlib.error as error:
                raise Damaged("the gzip stream is damaged") from error
            inside = not member.eof
            chunk = member.unused_data.lstrip(b"\0")  # some shippers pad between members
            if member.eof:
                member = zlib.decompressobj(wbits=31)
    if inside:
        raise Damaged("the gzip stream ends early")
