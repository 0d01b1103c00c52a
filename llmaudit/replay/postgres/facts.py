"""What is known about a vector search without running it: its column, its indexes, its plan, its pace.

Everything is read, nothing is changed, and no query of the pipeline is executed: `EXPLAIN` without `ANALYZE` only
plans, and with it runs one search only where that was asked for. What the server measures for us is distances of one
vector from itself, some milliseconds' worth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from llmaudit.errors import ConfigError
from llmaudit.replay.postgres.plan import Execution, Plan, executed, expected_rows, explain
from llmaudit.replay.postgres.search import VectorSearch

if TYPE_CHECKING:
    from psycopg import Connection

_DISTANCES = 10_000
_REPEATS = 9
_SETTINGS = (
    "hnsw.ef_search",
    "hnsw.iterative_scan",
    "hnsw.max_scan_tuples",
    "ivfflat.probes",
    "ivfflat.iterative_scan",
)


@dataclass(frozen=True, slots=True)
class Column:
    """A vector column. `dimensions` is None where the column does not declare any; `analyzed`: has statistics."""

    vector_type: str
    dimensions: int | None
    kind: str
    analyzed: bool
    table_bytes: int
    storage: str
    pgvector_version: str


@dataclass(frozen=True, slots=True)
class Index:
    """An HNSW or IVFFlat index of the column. `written` is its name in a command, `operators` what it can order by."""

    name: str
    written: str
    method: str
    operator_class: str
    operators: Sequence[str]
    valid: bool
    in_progress: bool
    on_column: bool
    expression: str
    predicate: str | None
    options: Sequence[str]

    def option(self, name: str, default: int) -> int:
        """What the index was made with."""
        written = dict(option.split("=", 1) for option in self.options)
        return int(written.get(name, default))


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: of a round trip that carries a vector and asks for nothing, and of one distance in memory."""

    round_trip_seconds: float
    distance_seconds: float


@dataclass(frozen=True, slots=True)
class SearchFacts:
    """A vector search and what PostgreSQL says about it.

    `rows` is what the planner expects the table to have, `matching_rows` how many of them to pass `where`; both are
    estimates from statistics. `dimensions` are those of the column or, where it declares none, of a row.
    `settings` are those in force on a connection of the pipeline; None where pgvector does not know one. `execution` is
    there where running a search was asked for.
    """

    search: VectorSearch
    column: Column
    dimensions: int
    indexes: tuple[Index, ...]
    plan: Plan
    rows: int
    matching_rows: int
    settings: dict[str, str | None]
    pace: Pace
    execution: Execution | None = None

    @property
    def selectivity(self) -> float:
        """The share of rows that pass the condition, from 0 to 1; 1 without one."""
        return min(1.0, self.matching_rows / self.rows) if self.rows else 1.0

    def number(self, setting: str, default: int) -> int:
        """A setting as a number."""
        return int(self.settings.get(setting) or default)


def column_of(connection: "Connection[Any]", search: VectorSearch) -> Column:
    """The column that is searched.

    Raises ConfigError where there is no such table or column, or it holds no vectors.
    """
    from psycopg.rows import class_row

    with connection.cursor(row_factory=class_row(Column)) as cursor:
        found = cursor.execute(_sql("column"), _names(connection, search)).fetchone()
    if found is None:
        raise ConfigError(
            f"there is no column {search.embedding} in a table {search.table}",
            hint="`table` and `embedding` name a table and its vector column; a schema goes in front, as in rag.chunks",
        )
    if found.vector_type not in ("vector", "halfvec"):
        raise ConfigError(
            f"the column {search.embedding} of {search.table} is of type {found.vector_type}, not vector or halfvec"
        )
    return found


def examine(connection: "Connection[Any]", search: VectorSearch, *, analyze: bool = False) -> SearchFacts | None:
    """The facts about a search, over a connection set up as the pipeline's own; None where the table is empty.

    With `analyze` one search is run, for a vector of the table.
    """
    column = column_of(connection, search)
    sample = _sample(connection, search)
    if sample is None:
        return None
    return SearchFacts(
        search=search,
        column=column,
        dimensions=column.dimensions or _length(sample),
        indexes=_indexes(connection, search),
        plan=explain(connection, search.statement(), {"embedding": sample}),
        rows=expected_rows(connection, search.rows(matching=False)),
        matching_rows=expected_rows(connection, search.rows(matching=True)),
        settings={name: _setting(connection, name) for name in _SETTINGS},
        pace=_pace(connection, search, sample),
        execution=executed(connection, search.statement(), {"embedding": sample}) if analyze else None,
    )


def dimensions_of(connection: "Connection[Any]", search: VectorSearch) -> int | None:
    """How long the vectors are, by one of them; None where there is none."""
    sample = _sample(connection, search)
    return None if sample is None else _length(sample)


def _length(vector: str) -> int:
    return vector.count(",") + 1


def _sample(connection: "Connection[Any]", search: VectorSearch) -> str | None:
    """Some vector of the table, as text: the planner plans alike for all of them."""
    from psycopg import sql

    embedding = sql.Identifier(search.embedding)
    row = connection.execute(
        sql.SQL("select {}::text from {} where {} is not null limit 1").format(embedding, search.relation, embedding)
    ).fetchone()
    return None if row is None else str(row[0])


def _indexes(connection: "Connection[Any]", search: VectorSearch) -> tuple[Index, ...]:
    from psycopg.rows import class_row

    with connection.cursor(row_factory=class_row(Index)) as cursor:
        return tuple(cursor.execute(_sql("indexes"), _names(connection, search)))


def _pace(connection: "Connection[Any]", search: VectorSearch, sample: str) -> Pace:
    """A round trip as it usually is, and a distance as it is where nothing disturbs it."""
    from psycopg import sql

    query = sql.SQL(_sql("pace")).format(type=sql.SQL(search.vector_type), operator=sql.SQL(search.distance.operator))

    def took(times: int) -> float:
        start = perf_counter()
        connection.execute(query, {"embedding": sample, "times": times}).fetchone()
        return perf_counter() - start

    alone = [took(1) for _ in range(_REPEATS)]
    many = min(took(_DISTANCES) for _ in range(_REPEATS))
    # Whatever else the machine does only ever adds time; where it hides the distances, all of it is taken for theirs.
    work = many - min(alone)
    return Pace(median(alone), (work if work > 0 else many) / _DISTANCES)


def _setting(connection: "Connection[Any]", name: str) -> str | None:
    row = connection.execute("select pg_catalog.current_setting(%s, true)", (name,)).fetchone()
    return None if row is None else row[0]


def _names(connection: "Connection[Any]", search: VectorSearch) -> dict[str, str]:
    return {"relation": search.relation.as_string(connection), "column": search.embedding}


def _sql(name: str) -> str:
    from llmaudit.store import load_sql

    return load_sql(__package__, name)
