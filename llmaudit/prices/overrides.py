"""`prices:` in llmaudit.yaml: what this user really pays.

    prices:
      gpt-4o*:             {multiplier: 0.85}                              # a negotiated discount on every meter
      my-deployment:       {alias: openai/gpt-4o, provider: azure.ai.openai}   # a name only this company knows
      claude-sonnet-4-5*:  {input: 2.40, output: 12, since: 2026-01-01, until: 2027-01-01}
      llama3*:             {provider: ollama, input: 0, output: 0, per_call: 0.0004}

or, where one model needs several rows, the same as a list with `model:` in each. Rules:

- Absolute prices are USD per million tokens (`per_call`: USD per request). A meter the row does not name keeps the
  book's price.
- Absolute prices hold for the `standard` tier unless `service_tier` says otherwise; multipliers hold for every tier.
- `since` and `until` are UTC days, `until` excluded.
- A model is a glob over the name in the log, the name without its route, and `provider/model` as the book has it.
- The first alias that fits decides what a name means; then the first price or multiplier that fits decides what it
  costs. They do not add up.
- The list price stays the book's, so what a discount is worth stays visible; where the book has none, the list price is
  unknown and only the effective price is known.
- A price has at most 12 decimal places per token. A multiplier that needs more is an error unless the row says
  `round: true` (to the nearest trillionth of a dollar).
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from llmaudit.prices.meters import Meter, ServiceTier


def _decimal(value: object) -> object:
    """A number as it was written: a float goes through its shortest text, never through binary arithmetic."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError("a price is a number, such as 2.50")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"a price is a number, such as 2.50, not {value!r}") from None
    if not number.is_finite() or number < 0:
        raise ValueError("a price is not negative")
    return number


Amount = Annotated[Decimal, BeforeValidator(_decimal)]


class PriceRule(BaseModel):
    """One row of `prices:`: an alias, a multiplier or absolute prices for the models that `model` describes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    provider: str | None = None
    service_tier: ServiceTier | None = None
    since: date = date.min
    until: date = date.max

    alias: str | None = None
    multiplier: Amount | None = None
    round: bool = False
    input: Amount | None = None
    cache_read: Amount | None = None
    cache_write: Amount | None = None
    cache_write_1h: Amount | None = None
    output: Amount | None = None
    per_call: Amount | None = None

    @model_validator(mode="before")
    @classmethod
    def _is_one(cls, content: Any) -> Any:
        if not isinstance(content, Mapping | PriceRule):
            raise ValueError("write what it costs, such as {multiplier: 0.85}")
        return content

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        said = [self.alias is not None, self.multiplier is not None, bool(self.absolute)]
        if sum(said) != 1:
            raise ValueError("a row of prices has either an alias, a multiplier, or prices (input, output, per_call …)")
        if self.since >= self.until:
            raise ValueError("since has to lie before until")
        if self.alias is not None and (self.service_tier or (self.since, self.until) != (date.min, date.max)):
            raise ValueError("an alias holds always: it takes no service_tier, since or until")
        return self

    @property
    def absolute(self) -> dict[Meter, Decimal]:
        """The prices this row names: USD per million tokens, `call` USD per request."""
        named: dict[Meter, Decimal | None] = {
            "input": self.input,
            "cache_read": self.cache_read,
            "cache_write": self.cache_write,
            "cache_write_1h": self.cache_write_1h,
            "output": self.output,
            "call": self.per_call,
        }
        return {meter: price for meter, price in named.items() if price is not None}

    def concerns(self, providers: Iterable[str], names: Iterable[str]) -> bool:
        """Whether the row speaks of a model known by these names, at a provider known by these, on any day."""
        at_provider = self.provider is None or self.provider.lower() in providers
        return at_provider and any(fnmatchcase(name.lower(), self.model.lower()) for name in names)

    def holds(self, day: date, tier: str) -> bool:
        wanted = self.service_tier or (None if self.multiplier is not None else "standard")
        return self.since <= day < self.until and wanted in (None, tier)


class PriceOverrides(BaseModel):
    """The `prices:` section, in the order it was written. Written as a mapping of models, or as a list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: tuple[PriceRule, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _as_rules(cls, content: Any) -> Any:
        if content is None:
            return {"rules": ()}
        if isinstance(content, list | tuple):
            return {"rules": content}
        if isinstance(content, Mapping) and set(content) != {"rules"}:
            return {"rules": [_named(model, row) for model, row in content.items()]}
        return content


def _named(model: object, row: object) -> object:
    if not isinstance(row, Mapping):
        return row
    if "model" in row:
        raise ValueError(f"{model}: the model is named twice")
    return {"model": str(model), **row}
