"""What a lever is: it looks at the calls that the steps before it left, and says what would be different about some.

A lever never prices anything. The engine lays its changes over the calls and one pricing query follows, so levers
compose exactly and the steps of a waterfall add up.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pydantic import field_validator

from llmaudit.config import Section
from llmaudit.errors import ConfigError
from llmaudit.store import Store


class Basis(StrEnum):
    """What a change rests on: replayed from the log's own facts, derived from them, or a number somebody wrote."""

    MEASURED = "measured"
    ESTIMATED = "estimated"
    ASSUMED = "assumed"


IN_WORDS = "in_words"
"""The fact under which a lever says in sentences what its lists hold: every form of the answer has it."""


class StepSettings(Section):
    """What every step of a plan may say: `when` is a condition over the documented columns of calls."""

    when: str = "true"

    @field_validator("when")
    @classmethod
    def _means_something(cls, text: str) -> str:
        if text.strip().lower() != "true":
            from llmaudit.analyses.conditions import condition

            try:
                condition(text)
            except ConfigError as error:
                # As a ValueError it reaches whoever knows the file and the line.
                raise ValueError(f"{error}{f' ({error.hint})' if error.hint else ''}") from error
        return text


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a lever has to say beside its changes: numbers by name (JSON values; money as Decimal), and warnings."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


S = TypeVar("S", bound=StepSettings)


@dataclass(frozen=True, slots=True)
class Lever(Generic[S]):
    """One remedy.

    `apply` reads `lever_input` (the calls that the steps before left and that still reach a model: all columns of
    `calls`, `started_at_us`, `call_id` as a number of the engine's own, the store's id of it as `call_name`, and
    `fits`: whether the step's `when` holds). It creates the temporary table `lever_changes`: one row per call that
    changes, with call_id, basis, and the columns in `changes` (a null means: as it was). `response_cache_hit = true`
    takes a call away. It may also create `lever_extras`, calls that the remedy itself makes: call_id (of the call it is
    for), basis, provider_name, response_model, service_tier, input_tokens, output_tokens. What they cost the engine
    adds to the facts, under the name that `extras` gives them: `NAME_cost` (of those with a known price and size; null
    where none has them) and `NAME_unpriced_calls`, the others. With `leans_on_others`, what it changes about a call
    rests on the calls before that one, as they were when the step was taken.
    """

    name: str
    settings: type[S]
    changes: tuple[str, ...]
    apply: Callable[[Store, S], Outcome]
    assumes: tuple[str, ...] = ()
    extras: str | None = None
    leans_on_others: bool = False
