"""`users.csv`: which plan each end user is on. Its ids are hashed with the store's key before anything else sees them.

Columns `user_id` and `tier`, with a header; other columns are not read. A user without a tier (an empty field) stays
without; a user may stand there twice if both lines say the same. UTF-8; space around a field is not part of it.
"""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from llmaudit.attribution.conditions import keyed, near_or_known
from llmaudit.errors import ConfigError, Location

_COLUMNS = ("user_id", "tier")
_LOOKS_KEYED = re.compile("[0-9a-f]{16}")


def content(path: Path) -> bytes:
    """The file as it is. Raises ConfigError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"the list of users cannot be read: {error.strerror or 'unknown reason'}",
            at=Location(str(path)),
            hint="attribution.users in llmaudit.yaml names it, relative to llmaudit.yaml",
        ) from error


def tiers(path: Path, store_key: str) -> dict[str, str]:
    """The tier of each user, by the keyed hash of the id. Raises ConfigError with file and line.

    An id that itself looks like a keyed hash is there as it stands too: in a store that keeps ids plain, the two cannot
    be told apart.
    """
    found: dict[str, str] = {}
    first_lines: dict[str, tuple[int, str]] = {}
    for line, user_id, tier in _lines(path):
        hashed = keyed(store_key, user_id)
        before, said = first_lines.setdefault(hashed, (line, tier))
        if said != tier:
            raise ConfigError(
                f"the user of line {before} has another tier here",
                at=Location(str(path), line),
                hint="keep one line per user",
            )
        if tier:
            found[hashed] = tier
            if _LOOKS_KEYED.fullmatch(user_id):
                found[user_id] = tier
    return found


def _lines(path: Path) -> Iterator[tuple[int, str, str]]:
    """Line, user id and tier of each user, in the order of the file."""
    try:
        text = content(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError("is not UTF-8 text", at=Location(str(path)), hint="save it as CSV UTF-8") from error
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    header: list[str] = []
    places: list[int] = []
    try:
        for row in rows:
            if not any(field.strip() for field in row):
                pass
            elif not header:
                header = [name.strip() for name in row]
                places = _places(header, Location(str(path), line))
            elif len(row) != len(header):
                raise ConfigError(
                    f"has {len(row)} fields, the header {len(header)}",
                    at=Location(str(path), line),
                    hint='a field with a comma in it stands in quotes: "a, b"',
                )
            else:
                user_id, tier = (row[place].strip() for place in places)
                if not user_id:
                    raise ConfigError("has no user_id", at=Location(str(path), line))
                yield line, user_id, tier
            line = rows.line_num + 1
    except csv.Error as error:
        raise ConfigError(f"is not CSV: {error}", at=Location(str(path), line)) from error
    if not header:
        raise ConfigError("is empty", at=Location(str(path)), hint="its first line is: user_id,tier")


def _places(header: list[str], at: Location) -> list[int]:
    for name in _COLUMNS:
        if header.count(name) != 1:
            what = "is missing" if name not in header else "stands twice"
            hint = near_or_known(name, header).removeprefix("; ") if what == "is missing" else None
            raise ConfigError(f"the column {name} {what}", at=at, hint=hint)
    return [header.index(name) for name in _COLUMNS]
