"""Every query prepares against an empty store, so that a misspelt column or parameter fails in milliseconds.

A reader's query reads `records`, which is empty and has the columns the reader declares; every other query reads the
store's own tables and the relations that its first lines name as `in:`.
"""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

from llmaudit.analyses.rated import rated_select
from llmaudit.ingest import functions
from llmaudit.model import COLUMNS
from llmaudit.readers import Reader, all_readers
from llmaudit.readers.shape import duckdb_type, quoted
from llmaudit.store import Store

PACKAGE = Path(str(resources.files("llmaudit")))
ELSEWHERE = ("levers/", "replay/postgres/")
"""Queries of levers build on each other's tables, and run whole in the tests of their lever; those of the replay are
put to PostgreSQL, in the tests of their room."""
FILES = sorted(
    name for path in PACKAGE.rglob("*.sql") if not (name := path.relative_to(PACKAGE).as_posix()).startswith(ELSEWHERE)
)
WORDS = {"readers/macros.sql", "store/schema.sql"}
"""These are statements, not queries: a store that opens and takes the readers' words has run them."""

_FILLED_BY_LLMAUDIT = (
    "call_id",
    "source_id",
    "record_number",
    "complexity",
    "list_cost",
    "effective_cost",
    "price_basis",
)
_MONEY = ("list_cost", "effective_cost", "price_basis")
_READ_BESIDE = {
    "source_id": "integer",
    "skipped": "varchar",
    "problem": "varchar",
    "response_id": "varchar",
    "attempt_of": "bigint",
    "api_key": "varchar",
    "api_key_alias": "varchar",
    "system_text": "varchar",
    "tools_text": "varchar",
    "turns": "struct(role varchar, content json)[]",
    "prompt_text": "varchar",
    "answer_text": "varchar",
    "said": "varchar",
}
"""What a reader may give beside columns of `calls`."""


def _empty(types: dict[str, str]) -> str:
    return f"select {', '.join(f'cast(null as {kind}) as {quoted(name)}' for name, kind in types.items())} where false"


_CALLS = {column.name: column.type for column in COLUMNS}
_GIVEN = {name: kind for name, kind in _CALLS.items() if name not in _FILLED_BY_LLMAUDIT}
_SCORE = "struct(model varchar, name varchar, value double, source varchar)"
_RATE_ROWS = "select *, cast(1 as bigint) as rate_row from rates"
_CHOSEN = "select * from calls"
_KEYED = "select feature as key, * from calls"
_TIMED = "select cast(started_at as date) as stretch, feature as key, * from calls"
_ITEMS = "select effective_cost as cost from calls"
_WASTED = "select call_id, 'failed' as kind, effective_cost as cost from calls"
RELATIONS: dict[str, dict[str, str]] = {
    "analyses/breakdown.sql": {"keyed": _KEYED},
    "analyses/concentration.sql": {"items": _ITEMS},
    "analyses/coverage.sql": {"chosen": _CHOSEN},
    "checks/snapshot_moments.sql": {
        "chosen": _CHOSEN,
        "rate_rows": _RATE_ROWS,
        "rated": rated_select(),
        "keyed_rated": "select feature as key, * from rated",
    },
    "analyses/explain_cells.sql": {
        "chosen": _CHOSEN,
        "rate_rows": _RATE_ROWS,
        "rated": rated_select(),
        "keyed_rated": "select feature as key, * from rated",
    },
    "analyses/explain_counts.sql": {"keyed": "select feature as key, * from calls"},
    "analyses/explain_values.sql": {
        "measured": _empty({"key": "varchar", "model": "varchar", "measure": "varchar", "value": "bigint"})
    },
    "analyses/failures.sql": {"timed": _TIMED},
    "analyses/latency.sql": {"keyed": _KEYED},
    "analyses/ledger.sql": {"sources": "select * from memory.main.sources"},
    "analyses/over_time.sql": {"timed": _TIMED},
    "analyses/pareto.sql": {"items": _ITEMS},
    "analyses/reported.sql": {"chosen": _CHOSEN},
    "analyses/split.sql": {"chosen": _CHOSEN, "rate_rows": _RATE_ROWS, "rated": rated_select()},
    "analyses/unpriced.sql": {"chosen": _CHOSEN},
    "analyses/waste.sql": {"wasted": _WASTED},
    "analyses/waste_cache_writes.sql": {
        "chosen": _CHOSEN,
        "rate_rows": _RATE_ROWS,
        "rated": rated_select(),
        "wasted": _WASTED,
    },
    "analyses/waste_calls.sql": {"chosen": _CHOSEN},
    "ingest/attempts.sql": {
        "attempted": "select 1 as row_here, source_id, 1 as attempt_of, started_at, duration_seconds, status from calls"
    },
    "ingest/canonical.sql": {"told": _empty(_GIVEN | _READ_BESIDE)},
    "ingest/scored.sql": {
        "logged": _empty(dict.fromkeys(("call_id", "response_id", "provider_name", "problem"), "varchar")).replace(
            " where", f", 1 as source_id, cast(null as {_SCORE}) as score where"
        )
    },
    "ingest/scored_fresh.sql": {
        "staged": _empty(
            {"call_id": "varchar", "problem": "varchar", "source_id": "integer", "record_number": "bigint"}
        ).replace(" where", ", {'response_id': '', 'model': '', 'name': '', 'value': 0.0, 'source': ''} as score where")
    },
    "ingest/prompts.sql": {"logged": _empty(_GIVEN | _READ_BESIDE)},
    "ingest/merge.sql": {
        "candidates": _empty(_CALLS | {"known": "boolean"}),
        "repeated": "select call_id from candidates",
    },
    "replay/pipeline/retrieve_duckdb.sql": {
        "documents": "select 'a' as id, 'b' as text, cast([1, 2] as float[]) as embedding"
    },
    "optimize/features.sql": {"lever_input": "select * from calls"},
    "optimize/left.sql": {"calls_left": "select feature, effective_cost as cost_after from calls"},
    "optimize/repeats.sql": {"lever_input": "select * from calls"},
    "optimize/speeds.sql": {"lever_input": "select * from calls"},
    "pricing/price.sql": {
        "unpriced": _empty({n: k for n, k in _CALLS.items() if n not in _MONEY} | {"started_at_us": "bigint"})
    },
}
"""For each query, what its caller binds. A new file needs a line here; a reader's does not."""

READER_FILES = {f"readers/{reader.name.replace('-', '_')}.sql": reader for reader in all_readers()}


@pytest.fixture
def ready(store: Store) -> Store:
    """An empty store that knows the words of readers' queries."""
    functions.install(store, exact_tokens=False, plain_user_ids=False)
    return store


def _text(name: str) -> str:
    return (PACKAGE / name).read_text(encoding="utf-8")


def _header(name: str) -> str:
    """The comment that a file starts with, as one line."""
    lines = _text(name).splitlines()
    count = next(place for place, line in enumerate(lines) if not line.startswith("--"))
    return " ".join(line.removeprefix("--").strip() for line in lines[:count])


def _parameters(name: str) -> set[str]:
    code = re.sub(r"--.*", "", _text(name))
    return set(re.findall(r"\$([a-z]\w*)", code))


def _prepare(store: Store, query: str, parameters: set[str]) -> set[str]:
    """The columns of the answer; a name that means nothing fails here."""
    for parameter in parameters:
        query = query.replace(f"${parameter}", "null")
    return {row[0] for row in store.rows(f"describe {query}")}


def _bind(store: Store, name: str) -> None:
    """Let the relations that a query leaves to its caller mean something empty."""
    for relation, select in RELATIONS.get(name, {}).items():
        store.bind(relation, select)


def test_every_file_is_prepared_here() -> None:
    assert set(FILES) == {*WORDS, *RELATIONS, *READER_FILES}


@pytest.mark.parametrize("name", sorted(RELATIONS))
def test_a_query_prepares(ready: Store, name: str) -> None:
    _bind(ready, name)
    assert _prepare(ready, _text(name), _parameters(name))


@pytest.mark.parametrize("reader", all_readers(), ids=lambda reader: str(reader.name))
def test_a_reader_prepares_and_gives_only_columns_that_calls_have(ready: Store, reader: Reader) -> None:
    types = {name: duckdb_type(shape) for name, shape in reader.columns.items()}
    ready.bind("records", _empty({"source_id": "integer", "passed_over": "boolean"} | types))
    given = _prepare(ready, reader.query, set())
    assert given <= _GIVEN.keys() | _READ_BESIDE.keys() | ({"call_id", "score"} if reader.gives_scores else set())
    assert "source_id" in given


@pytest.mark.parametrize("name", FILES)
def test_a_file_begins_with_what_it_answers(name: str) -> None:
    assert re.match(r"[A-Z].+[.:]", _header(name)), f"{name}: the first line says what the query answers"


@pytest.mark.parametrize("name", sorted(set(FILES) - WORDS))
def test_a_query_says_what_goes_in_and_comes_out(name: str) -> None:
    header = _header(name)
    assert re.search(r"\bin: \w", header), name
    assert re.search(r"\bout: \w", header), name
    said = re.search(r"\bparams: (\w+(?:, \w+)*)", header)
    assert _parameters(name) == (set(said[1].split(", ")) if said else set())


@pytest.mark.parametrize("name", sorted(RELATIONS))
def test_a_query_names_the_relations_that_it_leaves_to_its_caller(name: str) -> None:
    read = set(re.findall(r"\b(?:from|join) (\w+)", re.sub(r"--.*", "", _text(name))))
    bound = read & set(RELATIONS[name])
    assert bound
    for relation in bound:
        assert re.search(rf"\b{relation}\b", _header(name)), f"{name} reads {relation} and does not say so"
