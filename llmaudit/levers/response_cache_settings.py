"""What a plan says to the response cache.

response_cache: {ttl: 1h, max_entries: 10000}
response_cache: {ttl: unlimited, scope: user, semantic: {extra_hit_share: 0.1}}
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from llmaudit.config import Section
from llmaudit.config.duration import DurationOrUnlimited
from llmaudit.levers.lever import StepSettings

Entries = Annotated[
    int | None,
    Field(ge=1),
    BeforeValidator(lambda word: None if word == "unlimited" else word),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, {"const": "unlimited"}, {"type": "null"}]}),
]


class Semantic(Section):
    """What the plan assumes a semantic cache to add: a share (0 to 1) of the eligible calls that did not hit."""

    extra_hit_share: Annotated[Decimal, Field(ge=0, le=1)]


class Settings(StepSettings):
    """`ttl` counts from the write; `max_entries: unlimited` and `ttl: unlimited` are None."""

    when: str = "temperature = 0"
    ttl: DurationOrUnlimited = 86_400
    max_entries: Entries = None
    coalesce: bool = False
    scope: Literal["global", "tier", "user"] = "global"
    refresh: bool = False
    semantic: Semantic | None = None
