"""Constraints as a person writes them."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from llmaudit.errors import ConfigError
from llmaudit.optimize.candidate import IN_ORDER, Constraints
from llmaudit.words import did_you_mean


def constraints(
    only: Iterable[str], max_quality_drop: str | None, score: str | None, *, keep_latency: bool
) -> Constraints:
    """The constraints that the options mean. Raises ConfigError for what is no lever or no number."""
    levers = tuple(dict.fromkeys(name.strip() for given in only for name in given.split(",")))
    for name in levers:
        if name not in IN_ORDER:
            hint = did_you_mean(name, IN_ORDER, otherwise=f"one of: {', '.join(IN_ORDER)}")
            raise ConfigError(f"--only: {name}: there is no such lever", hint=hint)
    return Constraints(levers, None if max_quality_drop is None else _drop(max_quality_drop), score, keep_latency)


def _drop(text: str) -> Decimal:
    try:
        drop = Decimal(text)
    except InvalidOperation as error:
        raise ConfigError(f"--max-quality-drop: {text!r} is not a number", hint="such as 0.02") from error
    if not (drop.is_finite() and drop >= 0):
        raise ConfigError(f"--max-quality-drop: {text} is not a number from 0 on", hint="such as 0.02")
    return drop
