"""Where bytes come from: files, folders, globs, standard input, archives."""

from llmaudit.sources.compression import Compression, Damaged, head, lines, unpacked
from llmaudit.sources.find import Source, find

__all__ = ["Compression", "Damaged", "Source", "find", "head", "lines", "unpacked"]
