"""Bare work, each as a process of its own: reading JSON with DuckDB, pricing per call, summing by hand."""

import sys
from pathlib import Path

from llmaudit.readers.openai_chat import READER
from llmaudit.readers.shape import duckdb_type

from .measure import Command

# The columns that the reader of chat completions asks for: of a bare body, and of a request with its response.
_ASKED = {name: duckdb_type(shape) for name, shape in READER.columns.items()}
_IN_A_BODY = ("id", "object", "created", "model", "service_tier", "choices", "usage", "error")
BODY = {name: _ASKED[name] for name in _IN_A_BODY}
PAIR = {name: _ASKED[name] for name in ("timestamp", "request", "response")}

_EXECUTE = "import sys, duckdb; duckdb.connect(sys.argv[1]).execute(sys.argv[2])"
_ANSWER = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    for query in sys.argv[2].split(";"):
        for row in connection.execute(query).fetchall():
            print(*row)
"""
_PER_CALL = """
import datetime, sys, time, duckdb
from genai_prices import Usage, calc_price
rows = duckdb.sql(f'''select response_model, provider_name, started_at, input_tokens, cache_read_input_tokens,
    output_tokens from read_parquet('{sys.argv[1]}') limit {sys.argv[2]}''').fetchall()
total, started, busy = 0, time.perf_counter(), time.process_time()
for model, provider, at, total_input, cached, output in rows:
    usage = Usage(input_tokens=total_input, cache_read_tokens=cached, output_tokens=output)
    at = at.replace(tzinfo=datetime.UTC)
    total += calc_price(usage, model, provider_id=provider, genai_request_timestamp=at).total_price
print(total, time.perf_counter() - started, time.process_time() - busy)
"""


def read_json(files: Path, columns: dict[str, str], db: Path) -> Command:
    """`create table as select` of the columns from all JSONL files of a folder, into a new database file."""
    names = ", ".join(f"{name}: '{kind}'" for name, kind in columns.items())
    source = f"read_json('{files}/*.jsonl', format='newline_delimited', columns={{{names}}})"

    def forget() -> None:
        for path in (db, db.with_name(db.name + ".wal")):
            path.unlink(missing_ok=True)

    query = f"create table calls as select * from {source}"
    return Command([sys.executable, "-c", _EXECUTE, db, query], prepare=forget)


def genai_prices(parquet: Path, sample: int, calls: int) -> Command:
    """genai-prices, called once per call on a sample; only the loop is timed, and scaled in proportion to `calls`."""
    return Command([sys.executable, "-c", _PER_CALL, parquet, str(sample)], scale=calls / sample, times_itself=True)


def by_hand(db: Path) -> Command:
    """The queries of breakdown.sql, in one process."""
    query = (Path(__file__).parent / "breakdown.sql").read_text(encoding="utf-8").strip().removesuffix(";")
    return Command([sys.executable, "-c", _ANSWER, db, query])
