"""The forms a report takes, each written from the JSON document."""

from enum import StrEnum
from pathlib import Path
from typing import Any


class ReportFormat(StrEnum):
    """How a report is written."""

    HTML = "html"
    MARKDOWN = "markdown"
    JSON = "json"

    @classmethod
    def of_file(cls, path: Path) -> "ReportFormat":
        """What the name of a file asks for: `.md` and `.json` say so, everything else is a page."""
        return {".md": cls.MARKDOWN, ".markdown": cls.MARKDOWN, ".json": cls.JSON}.get(path.suffix.lower(), cls.HTML)


def rendered(said: dict[str, Any], form: ReportFormat, template: Path | None = None) -> str:
    """The document in that form; `template` takes the place of ours. Raises ConfigError where that is not one."""
    if form is ReportFormat.JSON:
        from llmaudit.render import json

        return json.document(said)
    from llmaudit.render.report.templates import filled

    return filled(said, form, template)
