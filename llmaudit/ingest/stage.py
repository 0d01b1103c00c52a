"""Read sources into the temporary table `staged`: set-based, typed, one row per record, no text in it.

Python never sees a row here. What a typed read cannot take makes the caller fall back to `repair`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from llmaudit.ingest.batch import Batch, literal, records
from llmaudit.model import COLUMNS, Group
from llmaudit.pricing import MONEY
from llmaudit.readers import Reader
from llmaudit.readers.shape import duckdb_type, quoted
from llmaudit.store import Store, load_sql

_READ_BY_CANONICAL = {
    # What readers may give beside columns of `calls`; canonical.sql makes columns of it.
    "skipped": "varchar",
    "problem": "varchar",
    "response_id": "varchar",
    # What attempts of one request have in common, where a log does not number them itself.
    "attempt_of": "bigint",
    "api_key": "varchar",
    "api_key_alias": "varchar",
}
_READ_BY_PROMPTS = {
    # The texts of a call, which prompts.sql makes columns of.
    "system_text": "varchar",
    "tools_text": "varchar",
    "turns": "struct(role varchar, content json)[]",
    "prompt_text": "varchar",
    "answer_text": "varchar",
}
_FILLED_LATER = {"call_id", "source_id", "record_number", "complexity", *MONEY}
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
    "context_document_tokens": (),
}


def create(store: Store) -> None:
    """An empty staging area: `staged` has the columns of calls without money, and what staging says beside them."""
    columns = ", ".join(f"{c.name} {c.type}" for c in COLUMNS if c.name not in {"record_number", *MONEY})
    score = "struct(model varchar, name varchar, value double, source varchar, response_id varchar)"
    store.run(f"""create or replace temp table staged_0 (
        {columns}, has_id boolean, attempt_of bigint, skipped varchar, problem varchar, score {score})""")
    store.run("create or replace temp table staged_sources (source_id integer, first_row bigint)")


def stage(store: Store, batch: Batch, constants: dict[str, str]) -> str:
    """Read the batch into a staging table of its own and return its name.

    Raises BadData, having added nothing, when a typed read fails.
    """
    reader = batch.items[0].reader
    given = _given(store, reader)
    known = given | constants.keys() | ({"provider_name"} if reader.provider_name else set())
    table = f"staged_{batch.first_id}"
    # Relations of this one statement: each view on the files would be bound to every one of them, again and again.
    source_id = f"cast({batch.first_id} + file_index as integer) as source_id"
    relations = {"records": f"select * exclude file_index, {source_id} from ({records(batch)})"}
    if reader.gives_scores:
        relations["logged"] = _provider_filled(reader.query, constants)
        query = load_sql(__package__, "scored")
    else:
        relations["logged"] = _logged(reader, given, constants)
        relations["told"] = load_sql(__package__, "prompts") if given & _READ_BY_PROMPTS.keys() else "from logged"
        query = f"select {', '.join(_wanted(known))} from ({load_sql(__package__, 'canonical')})"
    query = f"{_with(relations)} {query}"
    # The row ids of a source are its records in order: numbering them with row_number() would make reading
    # single-threaded. Keeping many small files in order means writing them one by one, column by column, which takes as
    # long as reading them; each is in order by itself anyhow, and should DuckDB ever think otherwise, it is seen.
    with _threads(store, batch):
        if not (batch.is_of_small_files and _staged_unordered(store, table, query)):
            store.run(f"create or replace temp table {table} as {query}")
    store.run(f"insert into staged_sources select source_id, min(rowid) from {table} group by source_id")
    if "attempt_of" in known:
        _number_attempts(store, table)
    return table


def _given(store: Store, reader: Reader) -> set[str]:
    """The columns that the reader's query answers."""
    columns = ", ".join(
        f"cast(null as {duckdb_type(shape)}) as {quoted(name)}" for name, shape in reader.columns.items()
    )
    nothing = _with({"records": f"select {columns}, 0 as source_id, false as passed_over where false"})
    return {row[0] for row in store.rows(f"describe {nothing} select * from ({reader.query})")}


def _with(relations: Mapping[str, str]) -> str:
    """The relations as names for the select that follows; not materialized, so that only what it takes is read."""
    return f"with {', '.join(f'{name} as not materialized ({select})' for name, select in relations.items())}"


def _number_attempts(store: Store, table: str) -> None:
    """Number the attempts of each request, source by source."""
    store.bind(
        "attempted",
        f"""select rowid as row_here, source_id, attempt_of, started_at, duration_seconds, status from {table}
            where attempt_of is not null and started_at is not null and skipped is null and problem is null""",
    )
    store.run(f"create or replace temp table attempts as {load_sql(__package__, 'attempts')}")
    # Row ids stay: they are the records' order.
    store.run(f"update {table} set attempt = attempts.attempt from attempts where {table}.rowid = row_here")


def _provider_filled(query: str, constants: dict[str, str]) -> str:
    """Of what `--set` fills, only the provider means something to a score."""
    if "provider_name" not in constants:
        return query
    filled = f"coalesce(provider_name, {literal(constants['provider_name'])})"
    return f"select * replace ({filled} as provider_name) from ({query})"


@contextmanager
def _threads(store: Store, batch: Batch) -> Iterator[None]:
    """As many threads as the batch may be read with."""
    if not batch.is_for_one_thread:
        yield
        return
    store.run("set threads = 1")
    try:
        yield
    finally:
        store.run("reset threads")


def _staged_unordered(store: Store, table: str, query: str) -> bool:
    """Stage with the files in any order; returns whether the records of each are together."""
    store.run("set preserve_insertion_order = false")
    try:
        store.run(f"create or replace temp table {table} as {query}")
    finally:
        store.run("set preserve_insertion_order = true")
    scattered = f"select 1 from {table} group by source_id having max(rowid) - min(rowid) + 1 <> count(*)"
    return not store.value(f"select count(*) from ({scattered})")


def _wanted(known: set[str]) -> list[str]:
    """The columns that can have a value: each column of each small file has its price."""
    optional = [
        column.name
        for column in COLUMNS
        if column.name not in {*_ALWAYS_STAGED, *_FILLED_LATER}
        and known & {column.name, *_MADE_FROM.get(column.name, ())}
    ]
    return [*_ALWAYS_STAGED, *(["attempt_of"] if "attempt_of" in known else []), *optional]


def gather(store: Store, tables: Sequence[str]) -> None:
    """Bind `staged` to everything that was staged, each record with its number in its source."""
    every = _columns(store, "staged_0")
    parts = []
    for table in [table for table in tables if table != "staged_0"] or ["staged_0"]:
        there = _columns(store, table)
        # Column by column: a union by name with a table of all of them is planned anew in every question.
        columns = ", ".join(
            name if there.get(name) == kind else f"cast({name if name in there else 'null'} as {kind}) as {name}"
            for name, kind in every.items()
        )
        parts.append(
            f"select {columns}, {table}.rowid - first_row + 1 as record_number "
            f"from {table} join staged_sources using (source_id)"
        )
    store.bind("staged", " union all ".join(parts))


def _columns(store: Store, table: str) -> dict[str, str]:
    return {name: kind for name, kind, *_ in store.rows(f"describe {table}")}


def _logged(reader: Reader, given: set[str], constants: dict[str, str]) -> str:
    """The reader's rows with every column that is asked for later, `--set` values filling what the log leaves out."""
    columns = {c.name: c.type for c in COLUMNS if c.name not in _FILLED_LATER} | _READ_BY_CANONICAL
    if given & _READ_BY_PROMPTS.keys():
        columns |= _READ_BY_PROMPTS
    parts = []
    for name, kind in columns.items():
        value = name if name in given else f"cast(null as {kind})"
        if name == "provider_name" and name not in given and reader.provider_name:
            value = literal(reader.provider_name)
        if name in constants:
            # An option outranks what a reader assumes, but never what the log itself says.
            filled = f"cast({literal(constants[name])} as {kind})"
            value = f"coalesce({name}, {filled})" if name in given else filled
            if name == "started_at" and reader.counts_from_start:
                value = f"{filled} + (started_at - timestamp '1970-01-01')"
        parts.append(f"{value} as {name}")
    parts.append(f"{_said(given, constants)} as said")
    rows = _ids_trimmed(reader.query) if "response_id" in given else reader.query
    return f"select source_id, {', '.join(parts)} from ({rows})"


def _ids_trimmed(query: str) -> str:
    """The reader's rows, each `response_id` without blanks around it; a blank one is none."""
    # Trimming knows all blanks of Unicode, which takes long: ASCII that neither begins nor ends with one has none.
    may_be_blank = "response_id < '!' or ends_with(response_id, ' ') or strlen(response_id) <> length(response_id)"
    trimmed = f"case when {may_be_blank} then nullif(trim(response_id), '') else response_id end"
    return f"select * replace ({trimmed} as response_id) from ({query})"


def _said(given: set[str], constants: dict[str, str]) -> str:
    """Everything that a record without an id says, as one text; nothing for one that has an id or is no call."""
    told = [c.name for c in COLUMNS if c.given_by == "log" and c.name in given]
    told += [name for name in ("api_key", "api_key_alias") if name in given]
    # Each value is kept apart from the next, and unknown from empty.
    parts = [f"coalesce(cast({name} as varchar), chr(1))" for name in told] + [literal(repr(sorted(constants.items())))]
    text = f"concat_ws(chr(0), {', '.join(parts)})"
    asked = ["skipped is null"] if "skipped" in given else []
    asked += ["response_id is null"] if "response_id" in given else []
    return f"case when {' and '.join(asked) or 'true'} then {text} end"
