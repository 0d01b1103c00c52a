"""How a file is packed, and its content as far as it can be had."""

import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from llmaudit.sources import Compression, Damaged, head, lines, unpacked
from llmaudit.sources.compression import compression_of

TEXT = b"".join(b"line %d\n" % number for number in range(50_000))


def file(folder: Path, content: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(content)
    return path


def zstd(content: bytes) -> bytes:
    packed: bytes = pa.compress(content, codec="zstd", asbytes=True)
    return packed


def given_until_damage(path: Path, compression: Compression) -> tuple[bytes, str | None]:
    """What `unpacked` gives, and the damage it ends with."""
    content = b""
    try:
        for chunk in unpacked(path, compression):
            content += chunk
    except Damaged as damage:
        return content, str(damage)
    return content, None


@pytest.mark.parametrize(
    ("content", "compression"),
    [
        (b"", Compression.NONE),
        (b"\x1f", Compression.NONE),
        (b'{"a": 1}', Compression.NONE),
        (gzip.compress(b"a", mtime=0), Compression.GZIP),
        (zstd(b"a"), Compression.ZSTD),
        (b"PK\x03\x04....", Compression.ZIP),
    ],
)
def test_told_by_the_first_bytes(tmp_path: Path, content: bytes, compression: Compression) -> None:
    assert compression_of(file(tmp_path, content)) is compression


@pytest.mark.parametrize(
    ("packed", "compression"),
    [(TEXT, Compression.NONE), (gzip.compress(TEXT), Compression.GZIP), (zstd(TEXT), Compression.ZSTD)],
)
def test_whole_content(tmp_path: Path, packed: bytes, compression: Compression) -> None:
    path = file(tmp_path, packed)
    assert given_until_damage(path, compression) == (TEXT, None)
    assert head(path, compression, 12) == b"line 0\nline "
    assert head(path, compression, 1 << 24) == TEXT


def test_gzip_members_one_after_the_other(tmp_path: Path) -> None:
    path = file(tmp_path, gzip.compress(b"a\n", mtime=0) + gzip.compress(b"") + gzip.compress(b"b\n"))
    assert given_until_damage(path, Compression.GZIP) == (b"a\nb\n", None)


def test_padded_gzip(tmp_path: Path) -> None:
    path = file(tmp_path, gzip.compress(b"a\n", mtime=0) + b"\0" * 512 + gzip.compress(b"b\n") + b"\0" * 2048)
    assert given_until_damage(path, Compression.GZIP) == (b"a\nb\n", None)


def test_truncated_gzip_gives_what_is_there(tmp_path: Path) -> None:
    packed = gzip.compress(TEXT)
    content, damage = given_until_damage(file(tmp_path, packed[: len(packed) // 2]), Compression.GZIP)
    assert damage == "the gzip stream ends early"
    assert 50_000 < len(content) < len(TEXT)
    assert TEXT.startswith(content)


def test_gzip_cut_within_the_checksum(tmp_path: Path) -> None:
    packed = gzip.compress(b"a\nb\n", mtime=0)
    assert given_until_damage(file(tmp_path, packed[:-3]), Compression.GZIP) == (
        b"a\nb\n",
        "the gzip stream ends early",
    )


def test_gzip_followed_by_something_else(tmp_path: Path) -> None:
    path = file(tmp_path, gzip.compress(b"a\n", mtime=0) + b"not gzip at all")
    assert given_until_damage(path, Compression.GZIP) == (b"a\n", "the gzip stream is damaged")


def test_gzip_with_a_flipped_checksum(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b"a\n", mtime=0))
    packed[-8] ^= 0xFF
    assert given_until_damage(file(tmp_path, bytes(packed)), Compression.GZIP)[1] == "the gzip stream is damaged"


def test_truncated_zstd_is_damaged(tmp_path: Path) -> None:
    packed = zstd(TEXT)
    content, damage = given_until_damage(file(tmp_path, packed[: len(packed) // 2]), Compression.ZSTD)
    assert damage == "the zstd stream is damaged"
    assert TEXT.startswith(content)


def test_zstd_frames_one_after_the_other(tmp_path: Path) -> None:
    path = file(tmp_path, zstd(b"a\n") + zstd(b"b\n"))
    assert given_until_damage(path, Compression.ZSTD) == (b"a\nb\n", None)


def test_head_of_a_damaged_file_is_what_can_be_had(tmp_path: Path) -> None:
    assert head(file(tmp_path, gzip.compress(b"a\nb\n", mtime=0)[:-3]), Compression.GZIP, 100) == b"a\nb\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"a", [b"a"]),
        (b"a\n", [b"a"]),
        (b"a\r\nb\r\n", [b"a", b"b"]),
        (b"a\n\nb", [b"a", b"", b"b"]),
        (b"a\rb\n", [b"a\rb"]),
        ("\u2028é\n".encode(), ["\u2028é".encode()]),
        (b"x" * (3 << 20) + b"\ny\n", [b"x" * (3 << 20), b"y"]),
    ],
)
def test_lines(tmp_path: Path, content: bytes, expected: list[bytes]) -> None:
    assert list(lines(file(tmp_path, content), Compression.NONE)) == expected


def test_lines_of_a_truncated_file_end_in_the_torn_one_and_damage(tmp_path: Path) -> None:
    path = file(tmp_path, gzip.compress(b"whole\n", mtime=0) + gzip.compress(b"torn in the mid")[:-3])
    read = lines(path, Compression.GZIP)
    assert [next(read), next(read)] == [b"whole", b"torn in the mid"]
    with pytest.raises(Damaged, match="ends early"):
        next(read)
