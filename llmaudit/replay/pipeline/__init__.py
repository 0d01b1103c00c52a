"""A RAG pipeline described in a file, of real parts: embed, retrieve, rerank, generate."""

from llmaudit.replay.pipeline.file import Plan, built_in, read
from llmaudit.replay.pipeline.pipeline import Pipeline, opened

__all__ = ["Pipeline", "Plan", "built_in", "opened", "read"]
