"""Where bytes come from: files, folders, globs, standard input, archives, S3."""

from llmaudit.sources.compression import Compression, Damaged, head, last_byte, lines, unpacked
from llmaudit.sources.find import find
from llmaudit.sources.source import Content, Source, Unopenable

__all__ = [
    "Compression",
    "Content",
    "Damaged",
    "Source",
    "Unopenable",
    "find",
    "head",
    "last_byte",
    "lines",
    "unpacked",
]
