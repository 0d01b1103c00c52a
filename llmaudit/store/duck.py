"""Run SQL on a store, and say in plain words what is wrong."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

# What `duckdb` exports, without its relational API, which takes 70 ms to import and is not used here.
import _duckdb as duckdb

from llmaudit.errors import StoreError

Parameters = Mapping[str, Any]
IN_MEMORY = ":memory:"


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
        off = ",".join(filter(None, (before, "join_order", "build_side_probe_side")))
        self.run(f"set disabled_optimizers = '{off}'")
        try:
            yield
        finally:
            # A transaction in which a statement failed takes no further one, and the failure is what has to be told.
            with suppress(duckdb.TransactionException):
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
        """The same tables on a connection of its own: for a thread, or for temporary tables that go with it."""
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
        except RuntimeError as error:
            if str(error) == "Query interrupted":  # DuckDB's word for Ctrl-C
                raise KeyboardInterrupt from error
            raise
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
