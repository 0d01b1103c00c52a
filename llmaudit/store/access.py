"""Whether a store may be read and written: asked before it is opened, for DuckDB says it late and in its own words."""

import os
from pathlib import Path

from llmaudit.errors import StoreError


def refuse_closed(path: Path, *, read_only: bool) -> None:
    """Raises StoreError naming what may not be read or written, the store itself or its folder."""
    if path.exists() and not os.access(path, os.R_OK):
        raise StoreError(f"{path}: may not be read", hint="give yourself the right to, or name another store with --db")
    closed = None if read_only else unwritable(path)
    if closed == path:
        raise StoreError(f"{path}: may not be written", hint="make it writable, or name another store with --db")
    if closed is not None:
        raise StoreError(
            f"{path}: the folder {closed} may not be written",
            hint="make it writable, or name a store in another folder with --db",
        )


def unwritable(path: Path) -> Path | None:
    """The file of the store or its folder, whichever may not be written; None where both may, or are not there.

    The folder counts too: what DuckDB has not yet put into the file lies beside it.
    """
    places = (path, path.parent)
    return next((place for place in places if place.exists() and not os.access(place, os.W_OK)), None)
