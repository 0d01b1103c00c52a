"""One log format per pair: a `.py` that says what it looks like, a `.sql` that makes calls of it."""

from llmaudit.readers.registry import all_readers
from llmaudit.readers.shape import Reader

__all__ = ["Reader", "all_readers"]
