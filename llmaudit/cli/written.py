"""Answers that go to a file."""

from pathlib import Path

from llmaudit.errors import ConfigError, Location


def refuse_missing_folder(file: Path | None) -> None:
    """Raises ConfigError where an answer could not be written there, before the work of finding it is done."""
    if file is not None and not file.parent.is_dir():
        raise ConfigError(f"there is no folder {file.parent}", at=Location(str(file)), hint="make it first")
    if file is not None and file.is_dir():
        raise ConfigError("is a folder", at=Location(str(file)), hint="name a file in it")


def write(file: Path, text: str) -> None:
    """Write an answer to a file that an option names. Raises ConfigError where that cannot be done."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(error.strerror or "cannot be written", at=Location(str(file))) from error
