"""From what the user named to the sources behind it, in an order that does not change."""

import contextlib
import errno
import glob
import os
import shutil
import stat
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from llmaudit.errors import Location, ReadError
from llmaudit.model import Problem
from llmaudit.sources.archive import members, new_file
from llmaudit.sources.compression import Compression, compression_of
from llmaudit.sources.source import S3_SCHEME, Content, Source

_GLOB_CHARACTERS = frozenset("*?[")


def find(
    paths: Iterable[str], temporary: Path, excluded: frozenset[Path] = frozenset()
) -> tuple[list[Source], list[Problem]]:
    """The sources behind paths (files, folders, globs, zips, s3://, `-` for standard input), each once, by name.

    Hidden files and folders below a named folder are left out. What lies in archives or in S3 is put below `temporary`
    when it is opened, standard input at once. A path that does not exist is a ReadError; a file that cannot be opened
    is a problem.
    """
    sources: dict[str, Source] = {}
    problems: list[Problem] = []
    left_out = _identities(excluded)
    for path in dict.fromkeys(paths):
        found = _in_s3(path, temporary) if path.startswith(S3_SCHEME) else _local(path, temporary, left_out)
        for one in found:
            if isinstance(one, Problem):
                problems.append(one)
            else:
                sources[one.name] = one
    return [sources[name] for name in sorted(sources)], problems


def _identities(files: Iterable[Path]) -> set[tuple[int, int]]:
    """What the system knows these files by, whatever their names; nothing for those that are not there."""
    found = set()
    for file in files:
        with contextlib.suppress(OSError):
            facts = file.stat()
            found.add((facts.st_dev, facts.st_ino))
    return found


def _in_s3(url: str, temporary: Path) -> Iterable[Source | Problem]:
    from llmaudit.sources import s3  # only for who needs it: a twentieth of asking about unchanged files

    return s3.find(url, temporary)


def _local(path: str, temporary: Path, left_out: set[tuple[int, int]]) -> Iterator[Source | Problem]:
    for found in _files(path, temporary):
        if isinstance(found, Problem):
            yield found
            continue
        name, file = found
        try:
            facts = file.stat()
            if (facts.st_dev, facts.st_ino) not in left_out:
                yield from _opened(file, name, facts, temporary)
        except (OSError, zipfile.BadZipFile) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            yield Problem(name, None, f"cannot be opened: {reason}")


def _files(path: str, temporary: Path) -> Iterator[tuple[str, Path] | Problem]:
    """The files behind a path, with the names they go by, and the folders that cannot be looked into."""
    if path == "-":
        copy = new_file(temporary)
        with copy.open("wb") as out:
            shutil.copyfileobj(sys.stdin.buffer, out)
        yield "<standard input>", copy
        return
    given = Path(path).expanduser()
    try:
        given.stat()
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise ReadError("is too long for a path", at=Location(path[:80])) from error
    if given.is_dir():
        yield from _below(given)
    elif given.is_fifo():  # such as <(command) of a shell: it can be read once, so it is kept like standard input
        copy = new_file(temporary)
        with given.open("rb") as pipe, copy.open("wb") as out:
            shutil.copyfileobj(pipe, out)
        yield path, copy
    elif given.exists():
        yield str(given), given
    elif _GLOB_CHARACTERS & set(path):
        found = [Path(name) for name in glob.glob(str(given), recursive=True)]  # noqa: PTH207 (Path.glob refuses absolute patterns)
        if not found:
            raise ReadError("no file matches this pattern", at=Location(path))
        for match in found:
            yield from _below(match) if match.is_dir() else [(str(match), match)]
    else:
        raise ReadError(
            "does not exist", at=Location(path), hint="name a file, a folder, a glob, s3://… or - for standard input"
        )


def _below(folder: Path) -> Iterator[tuple[str, Path] | Problem]:
    closed: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in folders:
            # Followed, it might lead round in a circle, or read a folder twice.
            if (link := Path(parent, name)).is_symlink():
                yield Problem(str(link), None, "a link to a folder, which is not followed; name the folder itself")
        for name in names:
            if not name.startswith("."):
                file = Path(parent, name)
                yield str(file), file
    for error in closed:
        yield Problem(str(error.filename), None, f"cannot be opened: {error.strerror}")


def _opened(file: Path, name: str, facts: os.stat_result, temporary: Path) -> Iterator[Source | Problem]:
    if not stat.S_ISREG(facts.st_mode):
        yield Problem(name, None, "cannot be opened: not a regular file")  # a pipe would wait for ever
        return
    compression = compression_of(file)
    if compression is Compression.ZIP:
        yield from members(name, file, lambda: file, temporary)
    else:
        content = Content(_plainly_named(file, temporary), compression)
        yield Source(name, f"{facts.st_size}:{facts.st_mtime_ns}", facts.st_size, lambda: content)


def _plainly_named(file: Path, temporary: Path) -> Path:
    """The file by a name without glob characters: DuckDB takes `a[1].jsonl` for a pattern, and reads `a1.jsonl`."""
    if _GLOB_CHARACTERS.isdisjoint(str(file)):
        return file
    link = new_file(temporary)
    link.unlink()
    link.symlink_to(file.resolve())
    return link
