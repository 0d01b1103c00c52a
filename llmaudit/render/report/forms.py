"""The forms a report takes, each written from the JSON document."""

from enum import StrEnum
from pathlib import Path
from typing import Any

from llmaudit.errors import ConfigError, Location

_ENDS = {"": "html", ".html": "html", ".htm": "html", ".md": "markdown", ".markdown": "markdown", ".json": "json"}


class ReportFormat(StrEnum):
    """How a report is written."""

    HTML = "html"
    MARKDOWN = "markdown"
    JSON = "json"

    @classmethod
    def of_file(cls, path: Path) -> "ReportFormat":
        """What the name of a file asks for; one that ends in nothing is a page. Raises ConfigError for another end."""
        found = _ENDS.get(path.suffix.lower())
        if found is None:
            hint = "name it .html, .md or .json, or say which it is with --format"
            raise ConfigError(f"a report is no {path.suffix}", at=Location(str(path)), hint=hint)
        return cls(found)


def rendered(said: dict[str, Any], form: ReportFormat, template: Path | None = None) -> str:
    """The document in that form; `template` takes the place of ours. Raises ConfigError where that is not one."""
    if form is ReportFormat.JSON:
        from llmaudit.render import json

        return json.document(said)
    from llmaudit.render.report.templates import filled

    return filled(said, form, template)
