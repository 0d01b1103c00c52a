"""The members of zip archives."""

import lzma
import os
import shutil
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import IO

from llmaudit.errors import Location
from llmaudit.sources.compression import compression_of
from llmaudit.sources.source import Content, Source, Unopenable, is_hidden


def members(name: str, directory: Path | IO[bytes], archive: Callable[[], Path], temporary: Path) -> Iterator[Source]:
    """The files of an archive, as `archive!member`; hidden ones are left out.

    `directory` is where to read what is in it, and need not be the whole archive at hand: that is `archive`, asked for
    only when a member is opened. Raises BadZipFile.
    """
    seen: Counter[str] = Counter()
    with zipfile.ZipFile(directory) as opened:
        for member in opened.infolist():
            if not member.is_dir() and not is_hidden(member.filename):
                # The member's own CRC, so that a repacked archive with the same content is known again.
                signature = f"{member.file_size}:{member.CRC:08x}"
                inner = f"{name}!{member.filename}"
                seen[inner] += 1
                if seen[inner] > 1:  # two members may bear one name, and both are there
                    inner = f"{inner} ({seen[inner]})"
                extract = cache(partial(_extracted, inner, member, archive, temporary))
                yield Source(inner, signature, member.file_size, extract)


def new_file(temporary: Path) -> Path:
    """An empty file of its own below the folder. It has no suffix: DuckDB would read a packing from it."""
    handle, name = tempfile.mkstemp(dir=temporary)
    os.close(handle)
    return Path(name)


def _extracted(name: str, member: zipfile.ZipInfo, archive: Callable[[], Path], temporary: Path) -> Content:
    copy = new_file(temporary)
    try:
        with zipfile.ZipFile(archive()) as opened, opened.open(member) as packed, copy.open("wb") as out:
            shutil.copyfileobj(packed, out)
    except RuntimeError as error:  # zipfile's word for a password or a method that it does not know
        raise Unopenable("encrypted, or packed in a way that is not known here", at=Location(name)) from error
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        # An OSError of the system, such as a full disk, says so; that of a decompressor has no name.
        system = error.strerror if isinstance(error, OSError) else None
        raise Unopenable(system or "damaged in its zip archive", at=Location(name)) from error
    return Content(copy, compression_of(copy))
