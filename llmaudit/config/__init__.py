"""YAML files into typed, frozen sections; a mistake in one is an error with its file and line."""

from llmaudit.config.section import Section
from llmaudit.config.yaml_file import check, read

__all__ = ["Section", "check", "read"]
