"""The DuckDB file: its schema, its key, its transactions. The only room that talks to DuckDB."""

from llmaudit.store.access import unwritable
from llmaudit.store.duck import IN_MEMORY, BadData, Store, refusal
from llmaudit.store.file import open_store
from llmaudit.store.sql import load_sql

__all__ = ["IN_MEMORY", "BadData", "Store", "load_sql", "open_store", "refusal", "unwritable"]
