"""Open the store, run SQL on it, and say in plain words when another process holds it."""

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# What `duckdb` exports, without its relational API, which takes 70 ms to import and is not used here.
import _duckdb as duckdb

from llmaudit.errors import StoreError
from llmaudit.store.access import refuse_closed
from llmaudit.store.schema import SCHEMA_VERSION, create_all

Parameters = Mapping[str, Any]
IN_MEMORY = ":memory:"
_POLL_SECONDS = 0.1
_ENGINE_SHARE = 0.75
_MAGIC, _MAGIC_AT = b"DUCK", 8
"""What a DuckDB file says about itself, behind a checksum (duckdb.org/docs/internals/storage, 2026-11-23)."""


class BadData(Exception):
    """A file or a value in it is not what a typed read expects. The text may quote the file, so it is never shown."""


class Store:
    """An open store. Values go in as parameters; names that a query leaves to its caller are bound as views."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: str, *, read_only: bool) -> None:
        self._connection = connection
        self.path = path
        self.read_only = read_only

    def run(self, sql: str, parameters: Parameters | None = None) -> None:
        """Run a statement. Raises BadData when what it reads does not fit its types."""
        self._execute(sql, parameters)

    def rows(self, sql: str, parameters: Parameters | None = None) -> list[tuple[Any, ...]]:
        """Every row of the answer, as tuples."""
        return self._execute(sql, parameters).fetchall()

    def records(self, sql: str, parameters: Parameters | None = None) -> list[dict[str, Any]]:
        """Every row of the answer, as a dict by column name."""
        cursor = self._execute(sql, parameters)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def columns(self, sql: str, parameters: Parameters | None = None) -> dict[str, Any]:
        """The answer as one numpy array per column, masked where it has nulls: for replays of millions of rows."""
        return dict(self._execute(sql, parameters).fetchnumpy())

    def value(self, sql: str, parameters: Parameters | None = None) -> Any:
        """The single value of a one-row, one-column answer."""
        # Fetched to the end: an open result keeps the connection from taking new functions.
        rows = self.rows(sql, parameters)
        return rows[0][0] if rows else None

    def insert(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        """Append rows that Python made (settings, ledger, rates); calls are never inserted this way."""
        if rows:
            # One statement of one list per column: row by row, a thousand sources take longer than their logs.
            columns = {f"column_{number}": list(values) for number, values in enumerate(zip(*rows, strict=True))}
            self.run(f"insert into {table} select {', '.join(f'unnest(${name})' for name in columns)}", columns)

    def bind(self, name: str, select: str) -> None:
        """Let `name` mean the rows of a select, for queries that leave that relation to their caller."""
        self.run(f"create or replace temp view {name} as {select}")

    def drop_temporary(self) -> None:
        """Forget every temporary table and view: names that one piece of work chose are free for the next."""
        for kind, name in self.rows("""
                select 'view', view_name from duckdb_views() where temporary and not internal
                union all
                select 'table', table_name from duckdb_tables() where temporary and not internal"""):
            self.run(f'drop {kind} temp."{name}"')

    def add_function(self, name: str, function: Callable[..., Any], takes: Sequence[str], gives: str) -> None:
        """Let SQL call a Python function (once per connection)."""
        # DuckDB takes the word, its stubs only the enum that it does not export.
        self._connection.create_function(name, function, list(takes), gives, null_handling="special")  # type: ignore[call-overload]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing, whatever happens in between."""
        self._connection.begin()
        try:
            yield
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.commit()

    @contextmanager
    def joins_as_written(self) -> Iterator[None]:
        """Of two relations that are joined, the first stays in its order and the second is held in memory.

        Left to itself the engine guesses which has fewer rows.
        """
        before = self.value("select current_setting('disabled_optimizers')")
        self.run(f"set disabled_optimizers = '{before},join_order,build_side_probe_side'")
        try:
            yield
        finally:
            self.run(f"set disabled_optimizers = '{before}'")

    def meta(self, name: str) -> str | None:
        """A fact about the store itself, such as the price book it was priced with."""
        value = self.value("select value from meta where name = $name", {"name": name})
        return None if value is None else str(value)

    def set_meta(self, facts: Mapping[str, str]) -> None:
        """Write facts about the store itself."""
        self.run(
            "insert or replace into meta select unnest($names), unnest($values)",
            {"names": list(facts), "values": list(facts.values())},
        )

    @property
    def key(self) -> str:
        """The store's own secret, mixed into every hash so that texts and ids cannot be looked up by their hash."""
        key = self.meta("key")
        if key is None:
            raise StoreError(f"{self.path} has lost its key", hint="ingest into a new store")
        return key

    def follow(self) -> None:
        """Make the engine keep note of how far a statement is."""
        self.run("set enable_progress_bar = true")
        self.run("set enable_progress_bar_print = false")

    def share_done(self) -> float:
        """How much of the statement that runs is done, from 0 to 1, once followed; may be asked from any thread.

        DuckDB says it of what it reads, in percent, and -1 where it does not know.
        """
        try:
            return max(0.0, self._connection.query_progress() / 100)
        except duckdb.ConnectionException:
            return 0.0  # closed meanwhile

    def beside(self) -> "Store":
        """The same tables on a connection of its own, for a thread of its own."""
        return Store(self._connection.cursor(), self.path, read_only=self.read_only)

    def close(self) -> None:
        """Write what is pending and let others in."""
        self._connection.close()

    def _execute(self, sql: str, parameters: Parameters | None) -> duckdb.DuckDBPyConnection:
        try:
            return self._connection.execute(sql, dict(parameters) if parameters else None)
        except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.OutOfRangeException) as error:
            raise BadData(str(error)) from error
        except duckdb.IOException as error:
            # A damaged archive and a full disk come as the same exception.
            if re.search("gzip|zstd|zlib|compress|decode|parquet", str(error), re.IGNORECASE):
                raise BadData(str(error)) from error
            raise StoreError(str(error).splitlines()[0], hint="is the disk full?") from error
        except duckdb.OutOfMemoryException as error:
            raise StoreError("the memory limit was reached", hint="raise --memory-limit") from error


def refusal(select: str) -> str | None:
    """Why DuckDB does not take a select that reads nothing, in its own words; None when it does."""
    connection = duckdb.connect(IN_MEMORY)
    try:
        connection.execute(select).fetchall()
    except duckdb.Error as error:
        return str(error).splitlines()[0]
    finally:
        connection.close()
    return None


@contextmanager
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
    if not read_only and name != IN_MEMORY and not Path(name).exists():
        _make(Path(name))
    limits = {"memory_limit": memory_limit and _for_the_engine(memory_limit), "temp_directory": spill_folder}
    connection = _connect(name, read_only and name != IN_MEMORY, wait_seconds, limits, on_wait)
    store = Store(connection, name, read_only=read_only)
    try:
        _prepare(store)
        yield store
    finally:
        store.close()


def _make(path: Path) -> None:
    """An empty store at the path, all at once: DuckDB killed while it makes a file leaves one that nobody can open."""
    if not path.parent.is_dir():
        raise StoreError(
            f"{path}: there is no folder {path.parent}", hint="make it first, or name another file with --db"
        )
    beginning = path.with_name(f"{path.name}.{os.getpid()}.new")
    store = Store(_connect(str(beginning), False, 0, {}, None), str(beginning), read_only=False)
    try:
        _prepare(store)
    finally:
        store.close()
    try:
        os.link(beginning, path)
    except FileExistsError:
        pass  # another process was faster: its store is the one
    except OSError:  # a file system without links
        beginning.replace(path)
    beginning.unlink(missing_ok=True)


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
        try:
            return duckdb.connect(name, read_only=read_only, config=settings)
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
    store.run("set TimeZone = 'UTC'")
    # DuckDB draws its progress bar on standard output, where only answers belong.
    store.run("set enable_progress_bar = false")
    tables: set[str] = set()
    if store.path != IN_MEMORY:
        tables = {row[0] for row in store.rows("select table_name from duckdb_tables() where not internal")}
    if not tables and not store.read_only:
        with store.transaction():
            for statement in create_all():
                store.run(statement)
            store.set_meta({"schema_version": str(SCHEMA_VERSION), "key": os.urandom(16).hex()})
        return
    if "meta" not in tables or "calls" not in tables:
        raise StoreError(f"{store.path}: is a DuckDB file, but not an llmaudit store", hint="name another with --db")
    version = store.meta("schema_version")
    if version != str(SCHEMA_VERSION):
        raise StoreError(
            f"{store.path}: has schema version {version}, this llmaudit writes version {SCHEMA_VERSION}",
            hint="ingest the logs again into a new store",
        )
