"""Answers as JSON: what a program reads."""

import json
from typing import Any


def document(answer: dict[str, Any]) -> str:
    """The answer as one indented JSON document; names stay readable in every script."""
    return json.dumps(answer, indent=2, ensure_ascii=False, allow_nan=False)
