"""From what the user named to the sources behind it, in an order that does not change."""

import glob
import os
import shutil
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from llmaudit.errors import Location, ReadError
from llmaudit.model import Problem
from llmaudit.sources.compression import Compression, compression_of

_GLOB_CHARACTERS = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Source:
    """One file of records, wherever it came from.

    `signature` changes when the content may have changed, and is cheap; `local` is a file that can be opened now.
    """

    name: str
    signature: str
    size_bytes: int
    local: Path
    compression: Compression


def find(
    paths: Iterable[str], temporary: Path, excluded: frozenset[Path] = frozenset()
) -> tuple[list[Source], list[Problem]]:
    """The sources behind paths (files, folders, globs, zip archives, `-` for standard input), each once, by name.

    Hidden files and folders below a named folder are left out. What lies in archives or comes from standard input is
    put below `temporary`. A path that does not exist is a ReadError; an archive that cannot be opened is a problem.
    """
    sources: dict[str, Source] = {}
    problems: list[Problem] = []
    for path in paths:
        for file in _files(path, temporary):
            if excluded and file.resolve() in excluded:
                continue
            name = "<standard input>" if path == "-" else str(file)
            try:
                for source in _opened(file, name, temporary):
                    sources[source.name] = source
            except (OSError, zipfile.BadZipFile) as error:
                problems.append(Problem(name, None, f"cannot be opened: {error}"))
    return [sources[name] for name in sorted(sources)], problems


def _files(path: str, temporary: Path) -> Iterator[Path]:
    if path == "-":
        copy = temporary / "standard-input"
        with copy.open("wb") as out:
            shutil.copyfileobj(sys.stdin.buffer, out)
        yield copy
        return
    given = Path(path).expanduser()
    if given.is_dir():
        yield from _below(given)
    elif given.exists():
        yield given
    elif _GLOB_CHARACTERS & set(path):
        found = [Path(name) for name in glob.glob(str(given), recursive=True)]  # noqa: PTH207 (Path.glob refuses absolute patterns)
        if not found:
            raise ReadError("no file matches this pattern", at=Location(path))
        for match in found:
            yield from _below(match) if match.is_dir() else [match]
    else:
        raise ReadError("does not exist", at=Location(path), hint="name a file, a folder, a glob or - for standard input")


def _below(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in names if not name.startswith("."))


def _opened(file: Path, name: str, temporary: Path) -> Iterator[Source]:
    stat = file.stat()
    signature = f"{stat.st_size}:{stat.st_mtime_ns}"
    compression = compression_of(file)
    if compression is not Compression.ZIP:
        yield Source(name, signature, stat.st_size, file, compression)
        return
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            if not member.is_dir() and not Path(member.filename).name.startswith("."):
                copy = temporary / f"zip-{len(list(temporary.iterdir()))}"
                with archive.open(member) as packed, copy.open("wb") as out:
                    shutil.copyfileobj(packed, out)
                # The member's own CRC, so that a repacked archive with the same content is known again.
                marks = f"{member.file_size}:{member.CRC:08x}"
                yield Source(f"{name}!{member.filename}", marks, member.file_size, copy, compression_of(copy))
