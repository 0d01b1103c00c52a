"""`check:` in llmaudit.yaml: which limits the cost of calls is held to, and how sure a broken one has to be.

check:
  limits:
    - {metric: cost_per_call, by: feature, max_increase: 10%}
    - {metric: total_cost, max: 500 USD per month}
    - {metric: p95_seconds, feature: "chat-*", max_increase: 0.5 s, min_calls: 500}
"""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, field_validator, model_validator

from llmaudit.checks.metrics import METRICS, Metric, metric
from llmaudit.config import Section

_AMOUNT = re.compile(r"(?P<number>[0-9][0-9_]*(?:\.[0-9]+)?)\s*(?P<unit>%|USD|tokens?|s|ms)(?:\s+per\s+(?P<per>\w+))?")
DAYS = {"day": Decimal(1), "week": Decimal(7), "month": Decimal("30.4375"), "year": Decimal("365.25")}
"""How long a budget's period is; a month is a twelfth of a year."""


class Amount(Section):
    """A number with its unit: `%` (of what was before), USD, tokens or s; `per` a period for budgets of a whole."""

    number: Decimal
    unit: str
    per: str | None = None

    def __str__(self) -> str:
        text = f"{self.number.normalize():f}"
        whole = f"{text}%" if self.unit == "%" else f"{text} {self.unit}"
        return f"{whole} per {self.per}" if self.per else whole


def amount(written: object) -> Amount:
    """The amount that `10%`, `0.002 USD`, `500 USD per month`, `2000 tokens`, `0.5 s` or `300 ms` mean.

    Raises ValueError for anything else, a bare number too: nobody can tell of what.
    """
    if isinstance(written, Amount):
        return written
    found = _AMOUNT.fullmatch(written.strip()) if isinstance(written, str) else None
    if found is None or (found["per"] and found["per"] not in DAYS):
        raise ValueError("an amount is a number and a unit: 10%, 0.002 USD, 500 USD per month, 2000 tokens, 0.5 s")
    number = Decimal(found["number"].replace("_", ""))
    unit = {"token": "tokens", "ms": "s"}.get(found["unit"], found["unit"])
    return Amount(number=number / 1000 if found["unit"] == "ms" else number, unit=unit, per=found["per"])


def share(written: object) -> Decimal:
    """`5%` or `0.05` as a share between 0 and 1. Raises ValueError for anything else."""
    text = str(written).strip()
    try:
        number = Decimal(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except InvalidOperation as error:
        raise ValueError("a rate is a share such as 5% or 0.05") from error
    if not 0 < number < 1:
        raise ValueError("a rate lies between 0 and 100 %")
    return number


def _written(read: Callable[[object], Any]) -> Any:
    return BeforeValidator(lambda value: None if value is None else read(value))


AmountText = Annotated[Amount, _written(amount), PlainSerializer(str, return_type=str)]


class Limit(Section):
    """One limit: a metric, the groups it is asked for, and how far it may go."""

    metric: str
    by: str = "all"
    feature: str | None = None
    model: str | None = None
    max_increase: AmountText | None = None
    max: AmountText | None = None
    max_new: AmountText | None = None
    min_effect: AmountText | None = None
    min_calls: int | None = None

    @field_validator("metric")
    @classmethod
    def _is_one(cls, name: str) -> str:
        metric(name)
        return name

    @field_validator("by")
    @classmethod
    def _is_known(cls, by: str) -> str:
        parts = [part.strip() for part in by.split(",")]
        if by != "all" and (not set(parts) <= {"feature", "model"} or len(set(parts)) < len(parts)):
            raise ValueError("by is all, feature, model, or feature,model")
        return ",".join(parts)

    @field_validator("min_calls")
    @classmethod
    def _is_positive(cls, calls: int | None) -> int | None:
        if calls is not None and calls < 2:
            raise ValueError("a comparison needs two calls at least")
        return calls

    @model_validator(mode="after")
    def _limits_something(self) -> "Limit":
        if self.max_increase is None and self.max is None and self.max_new is None:
            raise ValueError("a limit has max_increase, max or max_new")
        of = self.of
        for name in ("max_increase", "min_effect"):
            _fits(name, getattr(self, name), of, relative=True)
        for name in ("max", "max_new"):
            _fits(name, getattr(self, name), of, relative=False)
        return self

    @property
    def of(self) -> Metric:
        """What is measured."""
        return metric(self.metric)

    @property
    def groups(self) -> tuple[str, ...]:
        """What calls are grouped by; nothing for all of them."""
        return () if self.by == "all" else tuple(self.by.split(","))

    @property
    def scope(self) -> str | None:
        """Which calls its patterns mean; None for all."""
        patterns = [("feature", self.feature), ("model", self.model)]
        return ", ".join(f"{name} {pattern}" for name, pattern in patterns if pattern is not None) or None

    def __str__(self) -> str:
        parts = [("up by at most", self.max_increase), ("at most", self.max), ("new ones at most", self.max_new)]
        return ", ".join(f"{words} {value}" for words, value in parts if value is not None)


def _fits(name: str, value: Amount | None, of: Metric, *, relative: bool) -> None:
    """Raises ValueError where an amount is not one of the metric."""
    if value is None:
        return
    units = [of.unit, *(["%"] if relative and of.unit != "%" else [])]
    if value.unit not in units:
        raise ValueError(f"{name} of {of.name} is given in {' or in '.join(units)}, not in {value.unit}")
    if value.per and not (name.startswith("max") and name != "max_increase" and of.whole):
        totals = ", ".join(each for each in METRICS if metric(each).whole)
        raise ValueError(f"{name}: only a budget of {totals} has a period")


class CheckSection(Section):
    """What `llmaudit check` holds calls to.

    `false_alarm_rate` is how many checks of an application that has not changed may fail; it is shared among all
    comparisons of a check. `min_calls` is how many calls a comparison needs on each side.
    """

    limits: tuple[Limit, ...] = ()
    false_alarm_rate: Annotated[Decimal, BeforeValidator(share)] = Decimal("0.05")
    min_calls: int = 30
