"""Source → reader → store: every record ends as a call, a duplicate, a skipped or an unreadable one, and is counted."""

from llmaudit.ingest.options import IngestOptions, parse_constants
from llmaudit.ingest.renewal import Renewal, is_current, renew
from llmaudit.ingest.run import ingest

__all__ = ["IngestOptions", "Renewal", "ingest", "is_current", "parse_constants", "renew"]
