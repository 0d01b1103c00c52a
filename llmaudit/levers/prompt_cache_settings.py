"""What a plan says to the prompt cache.

prompt_cache: {ttl: auto, scope: project}
prompt_cache: {ttl: 5m, rules: {min_tokens: 1024, write_multiplier: 1.25, read_multiplier: 0.1}}
"""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from llmaudit.config import Section, duration
from llmaudit.levers.lever import StepSettings
from llmaudit.words import nearest

_WORDS = ("auto", "off", "unlimited")


def _ttl(written: object) -> str | int | None:
    """A word, or seconds. YAML reads a bare `off` as false."""
    if written is False:
        return "off"
    if written is None or written in _WORDS:
        return None if written is None else str(written)
    try:
        return duration.seconds(written)
    except ValueError:
        near = nearest(str(written), _WORDS)
        meant = f"; did you mean {near}?" if near else ""
        raise ValueError(f"is auto, off, unlimited or a duration such as 5m or 1h{meant}") from None


Ttl = Annotated[
    str | int,
    BeforeValidator(_ttl),
    PlainSerializer(lambda ttl: duration.text(ttl) if isinstance(ttl, int) else ttl, return_type=str),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": r"^(auto|off|unlimited|[0-9.]+\s*[smhd])$"}, {"const": False}]}
    ),
]
"""How long an entry is kept after its last use: `auto`, `off`, `unlimited`, or seconds."""


class Rules(Section):
    """What the plan says instead of the provider's own rules; multipliers are of the input price."""

    min_tokens: int | None = Field(default=None, ge=0)
    step_tokens: int | None = Field(default=None, ge=1)
    write_multiplier: Decimal | None = Field(default=None, ge=0, lt=1_000)
    read_multiplier: Decimal | None = Field(default=None, ge=0, lt=1_000)
    ttl: Ttl | None = None


class Settings(StepSettings):
    """How long prefixes are kept, and who shares them."""

    ttl: Ttl = "auto"
    scope: Literal["project", "key", "global"] = "project"
    cacheable_share: Decimal | None = Field(default=None, ge=0, le=1)
    rules: Rules = Rules()

    @model_validator(mode="after")
    def _says_one_lifetime(self) -> Self:
        if "ttl" in self.model_fields_set and self.rules.ttl not in {None, self.ttl}:
            raise ValueError("says two lifetimes; take `ttl` or `rules.ttl` out")
        return self

    @property
    def kept(self) -> str | int:
        """The lifetime that counts."""
        return self.ttl if self.rules.ttl is None else self.rules.ttl
