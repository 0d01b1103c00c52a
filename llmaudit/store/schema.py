"""What the store holds, and which version of it this llmaudit writes."""

from llmaudit.model import COLUMNS
from llmaudit.store.sql import load_sql

SCHEMA_VERSION = 2


def create_calls(table: str, *, temporary: bool = False) -> str:
    """The statement that creates a table of calls; instants are also there as microseconds, computed when asked for."""
    columns = ", ".join(f"{column.name} {column.type}" for column in COLUMNS)
    kind = "temp table" if temporary else "table"
    return f"create {kind} {table} ({columns}, started_at_us bigint generated always as (epoch_us(started_at)) virtual)"


def create_all() -> list[str]:
    """The statements that make an empty store."""
    return [create_calls("calls"), *filter(str.strip, load_sql(__package__, "schema").split(";"))]
