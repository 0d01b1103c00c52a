"""The forms a verdict takes; apart, because the command line names them before anything is loaded."""

from enum import StrEnum


class CheckFormat(StrEnum):
    """How a verdict is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    GITHUB = "github"
