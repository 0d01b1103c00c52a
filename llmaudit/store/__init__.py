"""The DuckDB file: its schema, its key, its transactions. The only room that talks to DuckDB."""

from llmaudit.store.access import unwritable
from llmaudit.store.duck import BadData, Store, open_store, refusal
from llmaudit.store.sql import load_sql

__all__ = ["BadData", "Store", "load_sql", "open_store", "refusal", "unwritable"]
