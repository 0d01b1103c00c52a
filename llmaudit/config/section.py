"""The base of every settings section."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of a settings file: frozen, and an unknown key is an error, so that a typo is never a default."""

    model_config = ConfigDict(frozen=True, extra="forbid")
