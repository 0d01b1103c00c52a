"""Source → reader → store: every record ends as a call, a duplicate, a skipped or an unreadable one, and is counted."""

from llmaudit.ingest.options import IngestOptions, parse_constants
from llmaudit.ingest.run import ingest, ingest_found

__all__ = ["IngestOptions", "ingest", "ingest_found", "parse_constants"]
