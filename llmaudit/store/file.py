"""The file behind a store: made, opened, waited for, and refused where it is not ours."""

import contextlib
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import _duckdb as duckdb

from llmaudit.errors import StoreError
from llmaudit.store.access import refuse_closed
from llmaudit.store.duck import IN_MEMORY, Store
from llmaudit.store.schema import SCHEMA_VERSION, create_all

_POLL_SECONDS = 0.1
_ENGINE_SHARE = 0.75
_MAGIC, _MAGIC_AT = b"DUCK", 8
"""What a DuckDB file says about itself, behind a checksum (duckdb.org/docs/internals/storage, 2026-11-23)."""


@contextlib.contextmanager
def open_store(
    path: str | Path,
    *,
    read_only: bool = False,
    must_exist: bool = False,
    wait_seconds: float = 0,
    memory_limit: str | None = None,
    spill_folder: str | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> Iterator[Store]:
    """The store at a path (`:memory:` for none), created when it is not there and may be written.

    One that was made for this goes again when the caller fails before a source was read into it: a wrong folder, or
    Ctrl-C, leaves no empty store from which the next command would answer.
    What does not fit in memory goes to `spill_folder`, by default beside the store.
    Another process that holds it is waited for up to `wait_seconds`, then named in a StoreError.
    """
    name = str(path)
    if (read_only or must_exist) and name != IN_MEMORY and not Path(name).exists():
        raise StoreError(
            f"{name}: there is no store here", hint="llmaudit ingest PATH… makes one, or name it with --db"
        )
    if name != IN_MEMORY:
        refuse_closed(Path(name), read_only=read_only)
    limits = {"memory_limit": memory_limit and _for_the_engine(memory_limit), "temp_directory": spill_folder}
    is_ours = not read_only and name != IN_MEMORY and not Path(name).exists() and _make(Path(name))
    connection = _connect(name, read_only and name != IN_MEMORY, wait_seconds, limits, on_wait)
    store = Store(connection, name, read_only=read_only)
    try:
        _prepare(store)
        yield store
    except BaseException:
        if is_ours and _is_empty(store):
            _take_away(store)
        raise
    finally:
        store.close()


def _make(path: Path) -> bool:
    """An empty store at the path, all at once: DuckDB killed while it makes a file leaves one that nobody can open.

    False where another process was faster: its store is the one.
    """
    if not path.parent.is_dir():
        raise StoreError(
            f"{path}: there is no folder {path.parent}", hint="make it first, or name another file with --db"
        )
    beginning = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        store = Store(_connect(str(beginning), False, 0, {}, None), str(beginning), read_only=False)
        try:
            _prepare(store)
        finally:
            store.close()
        try:
            os.link(beginning, path)
        except FileExistsError:
            return False
        except OSError:  # a file system without links
            beginning.replace(path)
        return True
    finally:
        beginning.unlink(missing_ok=True)


def _is_empty(store: Store) -> bool:
    with contextlib.suppress(duckdb.Error, StoreError):  # after some errors an engine answers nothing more
        return not store.value("select count(*) from sources")
    return False


def _take_away(store: Store) -> None:
    """Remove the file of an open store: once it is closed, another process may have written to it.

    And as soon as the name is free, another process may make a store of that name: closing ours must leave its `.wal`
    alone, which DuckDB would otherwise delete.
    """
    store.run("pragma disable_checkpoint_on_shutdown")
    with contextlib.suppress(PermissionError):  # Windows keeps an open file
        Path(f"{store.path}.wal").unlink(missing_ok=True)
        Path(store.path).unlink(missing_ok=True)


def _connect(
    name: str,
    read_only: bool,
    wait_seconds: float,
    limits: Mapping[str, str | None],
    on_wait: Callable[[str], None] | None,
) -> duckdb.DuckDBPyConnection:
    _refuse_other_files(name)
    settings: dict[str, str | bool | int | float | list[str]] = {name: said for name, said in limits.items() if said}
    deadline = time.monotonic() + wait_seconds
    while True:
        before = _identity(name)
        try:
            connection = duckdb.connect(name, read_only=read_only, config=settings)
        except (duckdb.IOException, duckdb.InvalidInputException, duckdb.ParserException) as error:
            text = str(error)
            if not re.search("could not set lock|conflicting lock", text, re.IGNORECASE):
                raise StoreError(f"{name}: cannot be opened as a store: {text.splitlines()[0]}") from error
            holder = re.search(r"PID (\d+)", text)
            who = f"process {holder[1]}" if holder else "another process"
            message = f"{name}: {who} is using this store"
            if time.monotonic() >= deadline:
                hint = "wait for it to finish; `llmaudit ingest` can be told to, with --wait SECONDS"
                raise StoreError(message, hint=hint) from error
            if on_wait is not None:
                on_wait(f"{message}; waiting up to {wait_seconds:g} s")
                on_wait = None
            time.sleep(_POLL_SECONDS)
        else:
            if before in {None, _identity(name)}:
                return connection
            # Taken away by its maker between our opening and our lock: what is written to it would be lost.
            connection.close()


def _identity(name: str) -> tuple[int, int] | None:
    """Which file bears the name now, None where there is none."""
    try:
        found = Path(name).stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _for_the_engine(memory_limit: str) -> str:
    """Most of what the whole process may take: the rest is for Python and for what the engine does not count."""
    size = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]i?b)\s*", memory_limit, re.IGNORECASE)
    if size is None:
        raise StoreError(f"--memory-limit {memory_limit}: is not a size", hint="such as 4GB or 512MiB")
    return f"{float(size[1]) * _ENGINE_SHARE:.3f}{size[2]}"


def _refuse_other_files(name: str) -> None:
    """DuckDB opens some files that are no databases (CSV, Parquet) as if they were empty ones."""
    path = Path(name)
    if name == IN_MEMORY or not path.exists():
        return
    if not path.is_file():
        raise StoreError(f"{name}: is not a file", hint="name a file with --db; it is made when it is not there")
    with path.open("rb") as file:
        start = file.read(_MAGIC_AT + len(_MAGIC))
    if start and start[_MAGIC_AT:] != _MAGIC:
        raise StoreError(f"{name}: is not a DuckDB file", hint="name another with --db")


def _prepare(store: Store) -> None:
    """Create the schema in an empty file; refuse a file that is not ours or of another version."""
    store.run("set global TimeZone = 'UTC'")  # of every connection to it
    # DuckDB draws its progress bar on standard output, where only answers belong.
    store.run("set enable_progress_bar = false")
    version = None if store.path == IN_MEMORY else _version(store)
    if version is None:
        with store.transaction():
            for statement in create_all():
                store.run(statement)
            store.set_meta({"schema_version": str(SCHEMA_VERSION), "key": new_key()})
        return
    if version != str(SCHEMA_VERSION):
        raise StoreError(
            f"{store.path}: has schema version {version}, this llmaudit writes version {SCHEMA_VERSION}",
            hint="ingest the logs again into a new store",
        )


def _version(store: Store) -> str | None:
    """The version of its schema, None in an empty file that may be written. Raises StoreError when it is not ours."""
    # Asked for at once, for a list of the tables takes DuckDB longer than all that `ingest` asks of an unchanged store.
    with contextlib.suppress(duckdb.CatalogException, duckdb.BinderException):
        if version := store.meta("schema_version"):
            return version
    if store.read_only or store.value("select count(*) from duckdb_tables() where not internal"):
        raise StoreError(f"{store.path}: is a DuckDB file, but not an llmaudit store", hint="name another with --db")
    return None


def new_key() -> str:
    """A secret of 128 bits. (`secrets` makes it the same way, and takes 5 ms to import.)"""
    return os.urandom(16).hex()
