"""Answers that go to a file."""

from pathlib import Path

from llmaudit.errors import ConfigError, Location


def write(file: Path, text: str) -> None:
    """Write an answer to a file that an option names. Raises ConfigError where that cannot be done."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(error.strerror or "cannot be written", at=Location(str(file))) from error
