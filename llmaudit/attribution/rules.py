"""`attribution:` in llmaudit.yaml: whose calls they are, where the log does not say it in our words.

    attribution:
      rules:
        - when: {metadata.app: assistant}
          set: {feature: assistant}
        - when: {api_key_alias: "docsearch-*", path: [eu/, us/]}
          set: {feature: docsearch, environment: production}
      users: users.csv

- Every condition of a rule has to hold. A value is a glob (`*` any text, `?` one character, nothing else is special,
  case matters) or a list of globs of which one has to fit. `conditions.py` lists what can be asked. `when: {}` always
  holds.
- For each of feature, tier and environment by itself, the first rule from the top that sets it and holds decides.
- Where no rule does, the log's own word stands (a tag `feature`, `tier` or `environment`); for the tier, `users` is
  asked last. What is left is unattributed: null.
- `users` is a CSV file with the columns user_id and tier, named relative to llmaudit.yaml.
"""

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from llmaudit.attribution.conditions import ATTRIBUTES, near_or_known, wrong_key, wrong_value
from llmaudit.config import Section


def _text(value: object) -> object:
    """What YAML takes for a number, a date or a truth value is compared as the text that logs hold."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, int) else value


def _many(value: object) -> object:
    return value if isinstance(value, list | tuple) else (value,)


Text = Annotated[str, Field(min_length=1), BeforeValidator(_text)]
Globs = Annotated[tuple[Text, ...], Field(min_length=1), BeforeValidator(_many)]


class _Named(Section):
    """A section whose unknown keys are told with the nearest known one, wherever in a list it stands."""

    @model_validator(mode="before")
    @classmethod
    def _known(cls, content: Any) -> Any:
        known = tuple(cls.model_fields)
        for key in content if isinstance(content, dict) else ():
            if key not in known:
                raise _wrong(key, f"is not a known setting{near_or_known(str(key), known)}")
        return {} if content is None else content


class Assignment(_Named):
    """What a rule sets: at least one of the three."""

    feature: Text | None = None
    tier: Text | None = None
    environment: Text | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not any(getattr(self, attribute) for attribute in ATTRIBUTES):
            raise ValueError(f"a rule sets {', '.join(ATTRIBUTES[:-1])} or {ATTRIBUTES[-1]}")
        return self


class Rule(_Named):
    """Where every condition of `when` holds, `set` says whose call it is."""

    when: dict[str, Globs]
    set: Assignment

    @field_validator("when", mode="after")
    @classmethod
    def _meaningful(cls, when: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for key, patterns in when.items():
            reason = wrong_key(key) or next(filter(None, (wrong_value(key, pattern) for pattern in patterns)), None)
            if reason:
                raise _wrong(key, reason)
        return when


class AttributionRules(_Named):
    """The `attribution:` section: rules in the order in which they are asked, and the users' tiers."""

    rules: tuple[Rule, ...] = ()
    users: Path | None = None

    def relative_to(self, folder: Path) -> "AttributionRules":
        """The same rules, with `users` found from that folder (the one llmaudit.yaml is in)."""
        if self.users is None:
            return self
        return self.model_copy(update={"users": folder / self.users.expanduser()})


def _wrong(key: str, reason: str) -> ValidationError:
    """An error at that key, so that its own line is named."""
    what = PydanticCustomError("attribution", "{reason}", {"reason": reason})
    return ValidationError.from_exception_data("attribution", [InitErrorDetails(type=what, loc=(key,), input=None)])
