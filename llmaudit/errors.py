"""Errors say where, what, and what to do next. Only the command line catches them; anything else is a bug."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    """A place a person can open: a file and, where it is known, the line (from 1)."""

    path: str
    line: int | None = None

    def __str__(self) -> str:
        return self.path if self.line is None else f"{self.path}:{self.line}"


class LlmauditError(Exception):
    """Something the user can mend. `str()` is the message with its place; `hint` says what to do next."""

    def __init__(self, message: str, *, at: Location | None = None, hint: str | None = None) -> None:
        super().__init__(message if at is None else f"{at}: {message}")
        self.at = at
        self.hint = hint


class ConfigError(LlmauditError):
    """An option, a setting or a condition that does not mean anything here."""


class ReadError(LlmauditError):
    """A source or a record that could not be read."""


class PriceError(LlmauditError):
    """A price that cannot be found or cannot be exact."""


class StoreError(LlmauditError):
    """The store cannot be opened, is held by another process, or is of another version."""


class ReplayError(LlmauditError):
    """A pipeline or an application that cannot be run: something it needs is not there or does not fit."""


class NothingMeasured(LlmauditError):
    """There is nothing to answer from, which must never look like a good answer."""
