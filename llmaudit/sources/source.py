"""One file of records, wherever it came from."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from llmaudit.errors import Location, ReadError
from llmaudit.sources.compression import Compression

S3_SCHEME = "s3://"


class Unopenable(ReadError):
    """One source that cannot be opened, though others may be; `reason` is why, without its name."""

    def __init__(self, reason: str, *, at: Location | None = None, hint: str | None = None) -> None:
        super().__init__(reason, at=at, hint=hint)
        self.reason = reason


def is_hidden(path: str) -> bool:
    """Whether a part of a path below a folder, a bucket or an archive is hidden; `.` and `..` are only places."""
    return any(part.startswith(".") and part not in {".", ".."} for part in path.split("/"))


@dataclass(frozen=True, slots=True)
class Content:
    """A file that can be opened now, and how it is packed."""

    local: Path
    compression: Compression


@dataclass(frozen=True, slots=True)
class Source:
    """One file of records, known by its name and its signature before its content is at hand.

    `signature` changes when the content may have changed, and is cheap. `open` brings the content here (a download, a
    member out of its archive), once; it raises Unopenable when that one source cannot be had, ReadError when none can.
    """

    name: str
    signature: str
    size_bytes: int
    open: Callable[[], Content] = field(repr=False, compare=False)

    @property
    def local(self) -> Path:
        """A file that can be opened now."""
        return self.open().local

    @property
    def compression(self) -> Compression:
        """How that file is packed."""
        return self.open().compression

    @property
    def absolute_name(self) -> str:
        """The name from any working folder: the same file under another one is the same source."""
        elsewhere = "://" in self.name or self.name.startswith("<")
        return self.name if elsewhere else os.path.join(os.getcwd(), self.name)  # noqa: PTH109, PTH118 (a Path takes ten times as long)
