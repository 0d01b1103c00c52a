"""Every query of the core runs unmodified on DuckDB and on a Spark Connect server, and answers the same in every cell.

The server is Sail, in this process: no Java, no cluster. On a cluster, the same queries meet the same protocol.
"""

import json
import os
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llmaudit.analyses.rated import rated_select
from llmaudit.model import COLUMNS
from llmaudit.prices import PriceOverrides
from llmaudit.pricing import PRICE, reprice_if_changed
from llmaudit.store import Store, load_sql, open_store

pytest.importorskip("pysail.spark")
pytest.importorskip("pyspark.sql")

CORE = Path(__file__).resolve().parents[1] / "llmaudit"
_ROOMS = ("analyses", "checks", "optimize")
CORE_FILES = sorted([*(file for room in _ROOMS for file in CORE.glob(f"{room}/*.sql")), CORE / "pricing" / "price.sql"])
_MONEY = ("list_cost", "effective_cost", "price_basis")
_INPUTS = ", ".join(column.name for column in COLUMNS if column.name not in _MONEY)
# One statement for both engines: what a breakdown binds, said in the words they share.
RELATIONS = {
    "unpriced": f"select {_INPUTS}, started_at_us from calls",
    "chosen": "select * from calls",
    "keyed": "select coalesce(response_model, request_model) as key, * from calls",
    "items": "select effective_cost as cost from calls",
    "timed": "select cast(started_at as date) as stretch, feature as key, * from calls",
    "rate_rows": """
        select rates.*, row_number() over (order by provider_name, model, service_tier, region, valid_from_us,
            from_second_of_day, over_input_tokens) as rate_row
        from rates""",
    "rated": rated_select(),
    "keyed_rated": "select coalesce(response_model, request_model) as key, * from rated",
    "lever_input": "select * from calls",
    "calls_left": "select feature, effective_cost as cost_after from calls",
    "measured": """
        select feature as key, response_model as model, 'input_tokens' as measure, input_tokens as value
        from calls where input_tokens is not null""",
    "wasted": load_sql("llmaudit.analyses", "waste_calls"),
}
PARAMETERS: dict[str, dict[str, Any]] = {
    "breakdown": {"top": 4},
    "explain_values": {"digits": 3},
    "over_time": {"top": 2},
    "speeds": {"from_model": "gpt-4o-2024-08-06", "to_model": "gpt-4.1-mini-2025-04-14"},
    "waste_cache_writes": {"kept_us": 1_800_000_000, "long_kept_us": 3_600_000_000},
}
MODELS = [
    ("openai", "gpt-4o-2024-08-06"),
    ("openai", "gpt-4.1-mini-2025-04-14"),
    ("anthropic", "claude-sonnet-4-20250514"),
    ("anthropic", "claude-haiku-4-5"),
    ("deepseek", "deepseek-chat"),
    ("gcp.gemini", "gemini-2.5-pro"),
    (None, "a model of nobody"),
    ("openai", None),
]


def _calls(count: int) -> list[dict[str, Any]]:
    """Calls of all kinds: priced and not, with and without caches, times and token counts, short and very long."""
    draw = random.Random(7)
    rows = []
    for number in range(count):
        provider, model = draw.choice(MODELS)
        tokens = draw.choice(
            [0, draw.randrange(1, 3_000), draw.randrange(1, 3_000), draw.randrange(150_000, 400_000), None]
        )
        read = draw.choice([None, 0, (tokens or 0) // 3])
        written = draw.choice([None, 0, (tokens or 0) // 4])
        long_written = draw.choice([None, 0, (written or 0) // 2])
        started = datetime(2025, 1, 1) + timedelta(minutes=draw.randrange(900_000), microseconds=draw.randrange(10**6))
        rows.append(
            {
                "call_id": f"call-{number}",
                "record_number": number,
                "started_at": draw.choice([started, started, started, None]),
                "provider_name": provider,
                "response_model": model,
                "request_model": draw.choice([model, "gpt-4o"]),
                "service_tier": draw.choice(["standard", "standard", "batch", "flex"]),
                "response_cache_hit": draw.choice([None, None, False, True]),
                "feature": draw.choice(["search", "chat", "", None]),
                "user_id": draw.choice([None, *(f"user-{n}" for n in range(20))]),
                "tags": draw.choice([{}, {"team": "a"}, {"team": "b", "app": "x"}, None]),
                "input_tokens": tokens,
                "cache_read_input_tokens": read,
                "cache_creation_input_tokens": written,
                "cache_creation_1h_input_tokens": long_written,
                "output_tokens": draw.choice([0, draw.randrange(5_000), draw.randrange(5_000), None]),
                "status": draw.choice(["ok", "ok", "error", "timeout", "rate_limited"]),
                "attempt": draw.choice([None, 1, 2]),
                "finish_reason": draw.choice([None, "stop", "length", "MAX_TOKENS"]),
                "reasoning_output_tokens": draw.choice([None, 0, 5_000]),
                "temperature": draw.choice([0, 0, 0.7, None]),
                "request_hash": draw.choice([None, *range(200)]),
                "duration_seconds": draw.choice([None, draw.randrange(20_000) / 1000]),
                "time_to_first_token_seconds": draw.choice([None, draw.randrange(2_000) / 1000]),
                "reported_cost": draw.choice([None, Decimal(draw.randrange(10**9)).scaleb(-9)]),
            }
        )
    return rows


@pytest.fixture(scope="session")
def duck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store in memory with 2,000 priced calls, and the relations of a breakdown."""
    with open_store(":memory:") as store:
        file = tmp_path_factory.mktemp("calls") / "calls.jsonl"
        file.write_text("\n".join(json.dumps(row, default=str) for row in _calls(2_000)), encoding="utf-8")
        types = {column.name: column.type for column in COLUMNS}
        names = ", ".join(types)
        store.run(
            f"insert into calls ({names}) select {names} from read_json($file, columns = {types})", {"file": str(file)}
        )
        reprice_if_changed(store, PriceOverrides())
        store.run("""
            insert into sources
            select n, 'file', 'sig', '{}', format, n * 10, n + 11, n, 2, 5, 3, 1, timestamp '2025-01-01'
            from (values (1, 'openai-chat'), (2, 'generic'), (3, 'generic')) as read (n, format)""")
        for name, select in RELATIONS.items():
            store.bind(name, select)
        yield store


@pytest.fixture(scope="session")
def spark(duck: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Spark session with the same calls and rates, read from Parquet, and the same relations."""
    os.environ["SAIL_MODE"] = "local-cluster"
    os.environ.setdefault("RUST_LOG", "error")
    import pyspark

    # Its check of its own dependencies looks for a Spark installation when it runs inside of pytest-xdist.
    os.environ.setdefault("SPARK_HOME", str(Path(pyspark.__file__).parent))
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    session = SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").getOrCreate()
    lake = tmp_path_factory.mktemp("lake")
    for table in ("calls", "rates", "sources"):
        duck.run(f"copy (select * from {table}) to '{lake / table}.parquet' (format parquet)")
        session.read.parquet(f"{lake / table}.parquet").createOrReplaceTempView(table)
    for name, select in RELATIONS.items():
        session.sql(select).createOrReplaceTempView(name)
    yield session
    session.stop()
    server.stop()


@pytest.mark.parametrize("file", CORE_FILES, ids=lambda file: file.stem)
def test_every_core_query_answers_the_same_on_spark(file: Path, duck: Store, spark: Any) -> None:
    query = load_sql(f"llmaudit.{file.parent.name}", file.stem)
    assert file.parent.name != "pricing" or query == PRICE
    parameters = PARAMETERS.get(file.stem, {})
    here = _cells(duck.records(query, parameters))
    there = _cells(spark.sql(query, args=parameters or None).toArrow().to_pylist())
    if "order by" not in query.rpartition("from")[2]:
        here, there = sorted(here, key=repr), sorted(there, key=repr)
    assert len(here) > 0
    assert there == here


def test_a_group_of_several_dimensions_is_one_value_on_spark_too(duck: Store, spark: Any) -> None:
    duck.bind("keyed", "select struct_pack(a := feature, b := service_tier) as key, * from calls")
    pair = "named_struct('a', feature, 'b', service_tier)"
    spark.sql(f"select {pair} as key, * from calls").createOrReplaceTempView("keyed")
    query, everything = load_sql("llmaudit.analyses", "breakdown"), {"top": 100}
    there = spark.sql(query, args=everything).toArrow().to_pylist()
    assert _cells(there) == _cells(duck.records(query, everything))


def _cells(rows: list[dict[str, Any]]) -> list[list[tuple[str, Any]]]:
    """The rows as plain values; an instant without a zone is UTC, and a map or a struct is its pairs, in key order."""

    def cell(value: Any) -> Any:
        if isinstance(value, datetime):
            return value.replace(tzinfo=None)
        if isinstance(value, dict | list):
            return sorted(value.items() if isinstance(value, dict) else value)
        return value

    return [[(name, cell(value)) for name, value in row.items() if name != "prefix_hashes"] for row in rows]
