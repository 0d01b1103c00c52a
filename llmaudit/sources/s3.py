"""Objects in S3, or in whatever speaks its protocol at AWS_ENDPOINT_URL.

Credentials, region and endpoint come from where boto3 looks for them by itself, and from nowhere else.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, partial
from pathlib import Path
from typing import Any

from llmaudit.errors import Location, ReadError
from llmaudit.model import Problem
from llmaudit.sources.archive import members, new_file
from llmaudit.sources.compression import compression_of
from llmaudit.sources.s3_refusals import explained
from llmaudit.sources.source import S3_SCHEME, Content, Source, Unopenable, is_hidden

_GLOB_CHARACTERS = "*?["
_TRANSFERS = 4
"""Parts of one object that are fetched at a time."""
_CONNECT_SECONDS = 10
"""boto3 would wait a minute for an endpoint that does not answer, and try again."""


@dataclass(frozen=True, slots=True)
class _Object:
    """An object as S3 lists it. `etag` changes with its content."""

    bucket: str
    key: str
    etag: str
    size_bytes: int

    @property
    def url(self) -> str:
        return f"{S3_SCHEME}{self.bucket}/{self.key}"


def find(url: str, temporary: Path) -> Iterator[Source | Problem]:
    """The sources behind `s3://bucket/key`, `s3://bucket/prefix/` (everything below) or a glob in the key.

    In a glob, `*` stays within a part of the key, and `**` stands for any number of parts. Hidden parts are left out
    as in folders. Nothing is downloaded but the directories of objects named `….zip`.
    Raises ReadError when there is no such object, or S3 does not let us look.
    """
    bucket, _, key = url.removeprefix(S3_SCHEME).partition("/")
    if not bucket or any(character in bucket for character in _GLOB_CHARACTERS):
        raise ReadError("names no bucket", at=Location(url), hint="such as s3://bucket/logs/ or s3://bucket/*/*.jsonl")
    with explained(url):
        client = _client()
        objects = list(_objects(client, bucket, key))
    if not objects:
        raise ReadError(
            "there is no such object, and none below it",
            at=Location(url),
            hint="check the key, AWS_PROFILE, and AWS_ENDPOINT_URL where the bucket is not on AWS",
        )
    for one in objects:
        yield from _sources(client, one, temporary)


def _client() -> Any:
    import boto3
    from botocore.config import Config

    return boto3.session.Session().client("s3", config=Config(connect_timeout=_CONNECT_SECONDS))


def _objects(client: Any, bucket: str, key: str) -> Iterable[_Object]:
    if any(character in key for character in _GLOB_CHARACTERS):
        return _matching(client, bucket, key)
    if not key or key.endswith("/"):
        return _below(client, bucket, key)
    return _named(client, bucket, key) or _below(client, bucket, f"{key}/")


def _named(client: Any, bucket: str, key: str) -> list[_Object]:
    """The object of that key, if there is one. Needs no right to list the bucket."""
    from botocore.exceptions import ClientError

    try:
        facts = client.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchKey"}:
            return []
        raise
    return [_Object(bucket, key, facts["ETag"], facts["ContentLength"])]


def _below(client: Any, bucket: str, prefix: str) -> Iterator[_Object]:
    """The objects whose keys begin with the prefix, without hidden ones and the empty ones that stand for folders."""
    for one in _listed(client, bucket, prefix):
        if not is_hidden(one.key.removeprefix(prefix)):
            yield one


def _matching(client: Any, bucket: str, pattern: str) -> list[_Object]:
    """The objects whose keys match; the one that is named so to the letter outranks them."""
    literal = pattern[: min(at for at in map(pattern.find, _GLOB_CHARACTERS) if at >= 0)]
    listed = list(_listed(client, bucket, literal))
    parts = (f"{pattern}**" if pattern.endswith("/") else pattern).split("/")
    return [one for one in listed if one.key == pattern] or [
        one for one in listed if _matches(one.key.split("/"), parts)
    ]


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return _matches(parts, pattern[1:]) or (
            len(parts) > 0 and not is_hidden(parts[0]) and _matches(parts[1:], pattern)
        )
    if not parts or (is_hidden(parts[0]) and not pattern[0].startswith(".")):
        return False
    return fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])


def _listed(client: Any, bucket: str, prefix: str) -> Iterator[_Object]:
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for facts in page.get("Contents", ()):
            if not facts["Key"].endswith("/"):
                yield _Object(bucket, facts["Key"], facts["ETag"], facts["Size"])


def _sources(client: Any, one: _Object, temporary: Path) -> Iterator[Source | Problem]:
    download = cache(partial(_downloaded, client, one, temporary))
    if one.key.lower().endswith(".zip"):
        try:
            directory = io.BufferedReader(_Ranges(client, one), 1 << 16)
            yield from members(one.url, directory, lambda: download().local, temporary)
            return
        except Unopenable as error:
            yield Problem(one.url, None, f"cannot be opened: {error.reason}")
            return
        except zipfile.BadZipFile:
            pass  # its name may be wrong: the content will tell
    signature = f"{one.size_bytes}:{one.etag.strip(chr(34))}"
    yield Source(one.url, signature, one.size_bytes, download)


def _downloaded(client: Any, one: _Object, temporary: Path) -> Content:
    from boto3.s3.transfer import TransferConfig

    copy = new_file(temporary)
    if one.size_bytes:
        try:
            with explained(one.url):
                client.download_file(one.bucket, one.key, str(copy), Config=TransferConfig(max_concurrency=_TRANSFERS))
        except OSError as error:
            hint = f"it is downloaded to {temporary.parent}; TMPDIR names another folder"
            raise ReadError(f"cannot be kept here: {error.strerror}", at=Location(one.url), hint=hint) from error
    return Content(copy, compression_of(copy))


class _Ranges(io.RawIOBase):
    """An object read in pieces where they are wanted. Raises as `explained`."""

    def __init__(self, client: Any, one: _Object) -> None:
        self._client, self._object, self._at = client, one, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._object.size_bytes}[whence]
        if start + offset < 0:
            raise OSError("before the beginning")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        one = self._object
        end = min(self._at + len(buffer), one.size_bytes)
        if self._at >= end:
            return 0
        with explained(one.url):
            part = self._client.get_object(
                Bucket=one.bucket, Key=one.key, Range=f"bytes={self._at}-{end - 1}", IfMatch=one.etag
            )
            content: bytes = part["Body"].read()
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)
