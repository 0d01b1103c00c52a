"""What an s3:// path stands for, and that nothing is downloaded before it is opened."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from llmaudit.errors import ReadError
from llmaudit.sources import Compression, Source, Unopenable, find

from .s3_server import CHECKOUT, Server, gz, zipped

KEYS = (
    "logs/2026-10-01/a.jsonl.gz",
    "logs/2026-10-01/deep/b.jsonl.gz",
    "logs/2026-10-02/c.jsonl.gz",
    "logs/2026-10-02/c.csv",
    "logs/2026-11-01/d.jsonl.gz",
    "logs/.hidden/e.jsonl.gz",
    "logs/f.jsonl",
    "logs-of-others/g.jsonl",
    "h.jsonl",
)


@pytest.fixture
def keys(aws: Server, bucket: str) -> str:
    """A bucket of objects that hold their own keys, and of one that stands for a folder."""
    for key in KEYS:
        aws.put(bucket, key, key.encode())
    aws.put(bucket, "logs/empty/", b"")
    return bucket


def sources(url: str, temporary: Path) -> list[Source]:
    found, problems = find([url], temporary)
    assert problems == []
    return found


def found(bucket: str, path: str, temporary: Path) -> list[str]:
    """The keys of the sources."""
    return [source.name.removeprefix(f"s3://{bucket}/") for source in sources(f"s3://{bucket}{path}", temporary)]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/h.jsonl", ["h.jsonl"]),
        ("/logs/2026-10-02/", ["logs/2026-10-02/c.csv", "logs/2026-10-02/c.jsonl.gz"]),
        ("/logs/2026-10-02", ["logs/2026-10-02/c.csv", "logs/2026-10-02/c.jsonl.gz"]),
        (
            "/logs/",
            [
                "logs/2026-10-01/a.jsonl.gz",
                "logs/2026-10-01/deep/b.jsonl.gz",
                "logs/2026-10-02/c.csv",
                "logs/2026-10-02/c.jsonl.gz",
                "logs/2026-11-01/d.jsonl.gz",
                "logs/f.jsonl",
            ],
        ),
        ("/logs/.hidden/", ["logs/.hidden/e.jsonl.gz"]),
        ("/logs/2026-10-*/*.jsonl.gz", ["logs/2026-10-01/a.jsonl.gz", "logs/2026-10-02/c.jsonl.gz"]),
        ("/logs/2026-10-0[2-9]/?.csv", ["logs/2026-10-02/c.csv"]),
        (
            "/logs/2026-10-*/",
            [
                "logs/2026-10-01/a.jsonl.gz",
                "logs/2026-10-01/deep/b.jsonl.gz",
                "logs/2026-10-02/c.csv",
                "logs/2026-10-02/c.jsonl.gz",
            ],
        ),
        (
            "/logs/**/*.gz",
            [
                "logs/2026-10-01/a.jsonl.gz",
                "logs/2026-10-01/deep/b.jsonl.gz",
                "logs/2026-10-02/c.jsonl.gz",
                "logs/2026-11-01/d.jsonl.gz",
            ],
        ),
        ("/**/?.jsonl", ["h.jsonl", "logs-of-others/g.jsonl", "logs/f.jsonl"]),
        ("/*", ["h.jsonl"]),
        ("/logs/.h*/*", ["logs/.hidden/e.jsonl.gz"]),
    ],
)
def test_what_a_path_stands_for(aws: Server, keys: str, temporary: Path, path: str, expected: list[str]) -> None:
    assert found(keys, path, temporary) == expected
    assert aws.requests.downloads == []
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("path", ["", "/"])
def test_a_bucket_is_everything_in_it(keys: str, temporary: Path, path: str) -> None:
    visible = [key for key in KEYS if "hidden" not in key]
    assert found(keys, path, temporary) == sorted(visible)


def test_a_key_that_looks_like_a_glob_is_that_object(aws: Server, bucket: str, temporary: Path) -> None:
    for key in ("a[1].jsonl", "a1.jsonl"):
        aws.put(bucket, key, b"x")
    assert found(bucket, "/a[1].jsonl", temporary) == ["a[1].jsonl"]


def test_keys_with_signs_of_urls(aws: Server, bucket: str, temporary: Path) -> None:
    for key in ("a b+c%20d#e&f=é.jsonl", "what?.jsonl"):
        aws.put(bucket, f"odd/{key}", key.encode())
    assert [source.local.read_text() for source in sources(f"s3://{bucket}/odd/", temporary)] == [
        "a b+c%20d#e&f=é.jsonl",
        "what?.jsonl",
    ]


def test_more_objects_than_one_page_lists(
    aws: Server, bucket: str, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "3")
    for number in range(8):
        aws.put(bucket, f"many/{number}", b"")
    assert found(bucket, "/many/", temporary) == [f"many/{number}" for number in range(8)]
    assert found(bucket, "/many/*", temporary) == [f"many/{number}" for number in range(8)]
    assert len([line for line in aws.requests.lines if "list-type=2" in line]) == 6


def test_an_object_is_downloaded_once_when_it_is_opened(aws: Server, bucket: str, temporary: Path) -> None:
    aws.put(bucket, "a.log", gz(b"content\n"))
    (source,) = sources(f"s3://{bucket}/a.log", temporary)
    assert aws.requests.downloads == []
    assert source.local.read_bytes() == gz(b"content\n")
    assert source.compression is Compression.GZIP
    assert source.local.parent == temporary
    assert aws.requests.downloads == ["a.log"]


def test_a_large_object_arrives_whole(aws: Server, bucket: str, temporary: Path) -> None:
    content = b"".join(number.to_bytes(4, "big") for number in range(5 << 20))
    aws.put(bucket, "large", content)
    (source,) = sources(f"s3://{bucket}/large", temporary)
    assert source.size_bytes == 20_971_520
    assert hashlib.sha256(source.local.read_bytes()).digest() == hashlib.sha256(content).digest()
    assert len(aws.requests.downloads) > 1


def test_signature_is_the_same_by_every_way_and_changes_with_the_content(
    aws: Server, bucket: str, temporary: Path
) -> None:
    ways = [f"s3://{bucket}/logs/a.jsonl", f"s3://{bucket}/logs/", f"s3://{bucket}/**/a.*"]
    aws.put(bucket, "logs/a.jsonl", b"one\n")
    before = {source.signature for way in ways for source in sources(way, temporary)}
    assert before == {"4:5bbf5a52328e7439ae6e719dfe712200"}
    aws.put(bucket, "logs/a.jsonl", b"two\n")
    assert {source.signature for way in ways for source in sources(way, temporary)}.isdisjoint(before)


def test_the_same_object_named_twice_is_one_source(keys: str, temporary: Path) -> None:
    found_, _ = find([f"s3://{keys}/h.jsonl", f"s3://{keys}/*", f"s3://{keys}/h.jsonl"], temporary)
    assert [source.name for source in found_] == [f"s3://{keys}/h.jsonl"]


def test_members_of_a_zip_without_the_zip(aws: Server, bucket: str, temporary: Path) -> None:
    content = zipped(a=b"first", logs__b=b"second", padding=bytes(range(256)) * 4096)
    aws.put(bucket, "logs.zip", content)
    a, b, _ = sources(f"s3://{bucket}/logs.zip", temporary)
    assert (a.name, b.name) == (f"s3://{bucket}/logs.zip!a.jsonl", f"s3://{bucket}/logs.zip!logs/b.jsonl")
    assert list(temporary.iterdir()) == []
    aws.requests.lines.clear()
    assert (a.local.read_bytes(), b.local.read_bytes()) == (b"first", b"second")
    assert aws.requests.downloads == ["logs.zip"]


def test_what_is_only_called_zip_is_read_for_what_it_is(aws: Server, bucket: str, temporary: Path) -> None:
    for key, content in {"empty.zip": b"", "text.zip": b"a line\n"}.items():
        aws.put(bucket, key, content)
    empty, text = sources(f"s3://{bucket}/", temporary)
    assert empty.local.read_bytes() == b""
    assert (text.local.read_bytes(), text.compression) == (b"a line\n", Compression.NONE)


@pytest.mark.parametrize("url", ["s3://", "s3:///key", "s3://buck*t/key"])
def test_a_bucket_must_be_named(temporary: Path, url: str) -> None:
    with pytest.raises(ReadError, match="names no bucket"):
        find([url], temporary)


@pytest.mark.parametrize("path", ["/missing.jsonl", "/missing/", "/logs/*.none", "/logs/empty/"])
def test_no_such_object(keys: str, temporary: Path, path: str) -> None:
    with pytest.raises(ReadError, match="there is no such object, and none below it"):
        find([f"s3://{keys}{path}"], temporary)


def test_an_object_that_is_gone_when_it_is_opened(aws: Server, bucket: str, temporary: Path) -> None:
    aws.put(bucket, "a.jsonl", b"x")
    (source,) = sources(f"s3://{bucket}/a.jsonl", temporary)
    aws.client.delete_object(Bucket=bucket, Key="a.jsonl")
    with pytest.raises(Unopenable, match="there is no such object any more"):
        source.open()


def test_an_empty_object_is_not_asked_for(aws: Server, bucket: str, temporary: Path) -> None:
    aws.put(bucket, "logs/_SUCCESS", b"")
    (source,) = sources(f"s3://{bucket}/logs/", temporary)
    assert source.local.read_bytes() == b""
    assert aws.requests.downloads == []


def test_boto3_is_imported_only_for_s3() -> None:
    code = "import sys, llmaudit.ingest, llmaudit.sources; print('boto3' in sys.modules or 'botocore' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
