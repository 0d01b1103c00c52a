"""Read sources into the temporary table `staged`: set-based, typed, one row per record, no text in it.

Python never sees a row here. What a typed read cannot take makes the caller fall back to `repair`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from llmaudit.ingest.recognise import Layout, Recognised
from llmaudit.model import COLUMNS, Group
from llmaudit.pricing import MONEY
from llmaudit.readers import Reader
from llmaudit.readers.shape import duckdb_type, quoted
from llmaudit.sources import Compression
from llmaudit.store import Store, load_sql

_READ_BY_CANONICAL = {
    # What readers may give beside columns of `calls`; canonical.sql makes columns of it.
    "skipped": "varchar",
    "problem": "varchar",
    "response_id": "varchar",
    "api_key": "varchar",
    "api_key_alias": "varchar",
    "system_text": "varchar",
    "tools_text": "varchar",
    "turns": "struct(role varchar, content json)[]",
    "prompt_text": "varchar",
    "answer_text": "varchar",
}
_FILLED_LATER = {"call_id", "source_id", "record_number", *MONEY}
_ALWAYS_STAGED = ("call_id", "has_id", "source_id", "skipped", "problem", "service_tier", "token_basis", "attempt")
_MADE_FROM = {
    # Which of the above a column is made of when the reader does not give it itself.
    "api_key_id": ("api_key", "api_key_alias", "api_key_id"),
    "system_prompt_hash": ("system_text",),
    "tags": ("tags", "feature", "tier", "environment", "api_key_alias"),
    "input_bytes": ("prompt_text",),
    "output_bytes": ("answer_text",),
    "prefix_hashes": ("prompt_text",),
    "prefix_block_tokens": ("prompt_text",),
    **{column.name: ("turns",) for column in COLUMNS if column.group is Group.SEGMENTS and column.name[-5:] != "bytes"},
}


@dataclass(frozen=True, slots=True)
class Batch:
    """Sources that one statement reads: the same reader, layout, packing and fields, numbered from `first_id`."""

    items: tuple[Recognised, ...]
    first_id: int

    def halves(self) -> tuple["Batch", "Batch"]:
        middle = len(self.items) // 2
        return Batch(self.items[:middle], self.first_id), Batch(self.items[middle:], self.first_id + middle)


def create(store: Store) -> None:
    """An empty staging area: `staged` has the columns of calls without money, and what staging says beside them."""
    columns = ", ".join(
        f"{c.name} {c.type}" for c in COLUMNS if c.name not in {"record_number", *MONEY}
    )
    store.run(f"""create or replace temp table staged_0 (
        {columns}, has_id boolean, skipped varchar, problem varchar)""")
    store.run("create or replace temp table staged_sources (source_id integer, first_row bigint)")


def stage(store: Store, batch: Batch, constants: dict[str, str]) -> str:
    """Read the batch into a staging table of its own and return its name.

    Only columns that can have a value are staged: a batch of many small files is written file by file, and each column
    of each has its price. Rows keep the order they are read in (a row_number() would make reading single-threaded), so
    the row ids of a source are its records in order.
    Raises BadData, having added nothing, when a typed read fails.
    """
    reader = batch.items[0].reader
    store.bind("records", f"select * exclude file_index, {batch.first_id} + file_index as source_id from ({_records(batch)})")
    given = {row[0] for row in store.rows(f"describe {reader.query}")}
    store.bind("logged", _logged(reader, given, constants))
    known = given | constants.keys() | ({"provider_name"} if reader.provider_name else set())
    wanted = [*_ALWAYS_STAGED]
    for column in COLUMNS:
        if column.name not in {*_ALWAYS_STAGED, *_FILLED_LATER} and known & {column.name, *_MADE_FROM.get(column.name, ())}:
            wanted.append(column.name)
    table = f"staged_{batch.first_id}"
    canonical = load_sql(__package__, "canonical")
    store.run(f"create or replace temp table {table} as select {', '.join(wanted)} from ({canonical})")
    store.run(f"insert into staged_sources select source_id, min(rowid) from {table} group by source_id")
    return table


def gather(store: Store, tables: Sequence[str]) -> None:
    """Bind `staged` to everything that was staged, each record with its number in its source."""
    parts = " union all by name ".join(f"select *, rowid as row_number_here from {table}" for table in ("staged_0", *tables))
    store.bind(
        "staged",
        f"""select everything.* exclude row_number_here, row_number_here - first_row + 1 as record_number
            from ({parts}) as everything join staged_sources using (source_id)""",
    )


def _records(batch: Batch) -> str:
    """A select of the reader's columns from the files, with file_index."""
    one = batch.items[0]
    files = "[" + ", ".join(_literal(str(item.source.local)) for item in batch.items) + "]"
    packed = "" if one.source.compression is Compression.NONE else f", compression = '{one.source.compression}'"
    columns = one.reader.columns
    if one.layout is Layout.PARQUET:
        source = f"read_parquet({files}, union_by_name = true)"
    elif one.layout is Layout.CSV:
        source = (
            f"read_csv({files}, header = true, all_varchar = true, delim = {_literal(one.delimiter)}, quote = '\"', "
            f"escape = '\"', nullstr = '', auto_detect = false, columns = {_columns(dict.fromkeys(one.fields, 'varchar'))}{packed})"
        )
    else:
        source = (
            f"read_json({files}, format = '{one.layout}', records = 'true', "
            f"columns = {_columns({name: duckdb_type(shape) for name, shape in columns.items()})}{packed})"
        )
        return f"select *, file_index from {source}"
    taken = [
        f"cast({quoted(name)} as {duckdb_type(shape)}) as {quoted(name)}"
        if name in one.fields
        else f"cast(null as {duckdb_type(shape)}) as {quoted(name)}"
        for name, shape in columns.items()
    ]
    return f"select {', '.join(taken)}, file_index from {source}"


def _logged(reader: Reader, given: set[str], constants: dict[str, str]) -> str:
    """The reader's rows with every column that canonical.sql reads, `--set` values filling what the log leaves out."""
    columns = {c.name: c.type for c in COLUMNS if c.name not in _FILLED_LATER} | _READ_BY_CANONICAL
    parts = []
    for name, kind in columns.items():
        value = name if name in given else f"cast(null as {kind})"
        if name == "provider_name" and name not in given and reader.provider_name:
            value = _literal(reader.provider_name)
        if name in constants:
            # An option outranks what a reader assumes, but never what the log itself says.
            filled = f"cast({_literal(constants[name])} as {kind})"
            value = f"coalesce({name}, {filled})" if name in given else filled
        parts.append(f"{value} as {name}")
    return f"select source_id, {', '.join(parts)} from ({reader.query})"


def _columns(types: dict[str, str]) -> str:
    return "{" + ", ".join(f"{quoted(name)}: {_literal(kind)}" for name, kind in types.items()) + "}"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
