"""JSON lines that a person wrote: a mistake is an error with its line, and not a line less."""

import json
from pathlib import Path
from typing import Any

from llmaudit.errors import Location, ReadError


def read(path: Path, hint: str) -> list[tuple[Location, dict[str, Any]]]:
    """The object of every line and where it stands; empty lines are left out. `hint` shows what a line looks like.

    Raises ReadError with file and line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ReadError(error.strerror or "cannot be read", at=Location(str(path))) from error
    except UnicodeDecodeError as error:
        raise ReadError("is not UTF-8 text", at=Location(str(path))) from error
    numbered = ((Location(str(path), number), line) for number, line in enumerate(lines, start=1))
    return [(at, _object(line, at, hint)) for at, line in numbered if line.strip()]


def _object(line: str, at: Location, hint: str) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except json.JSONDecodeError as error:
        raise ReadError(f"not JSON at character {error.pos + 1}: {error.msg}", at=at, hint=hint) from error
    if not isinstance(said, dict):
        raise ReadError("is not a JSON object", at=at, hint=hint)
    return said
