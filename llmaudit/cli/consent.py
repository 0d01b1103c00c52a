"""Asking others costs money: it is said how much, and asked, before it is done."""

import sys
from typing import TYPE_CHECKING

import typer

from llmaudit.errors import ConfigError
from llmaudit.words import count

if TYPE_CHECKING:
    from decimal import Decimal

    from llmaudit.replay.pipeline.cost import Estimate


def agreed(estimate: "Estimate", max_cost: "Decimal | None", *, yes: bool) -> None:
    """Returns when it may be done. Raises ConfigError when it costs more than is allowed, or nobody can be asked."""
    from llmaudit.money import shown

    if not estimate.asked:
        return
    hosts = ", ".join(dict.fromkeys(each.host for each in estimate.asked))
    cost = estimate.cost
    price = (
        f"about {shown(cost)}" if cost is not None else f"an unknown amount ({', '.join(estimate.unpriced)}: no price)"
    )
    what = f"about {count(estimate.requests, 'request')} to {hosts} will be made, for {price}"
    if max_cost is not None and (cost is None or cost > max_cost):
        hint = "fewer --rounds or queries" if cost is not None else "give it a price under prices: in llmaudit.yaml"
        raise ConfigError(f"{what}; --max-cost allows {shown(max_cost)}", hint=hint)
    if yes:
        typer.echo(f"{what}.", err=True)
    elif not sys.stdin.isatty():
        raise ConfigError(f"{what}, and nobody is here to be asked", hint="say --yes if that is meant")
    elif not typer.confirm(f"{what}. Go on?", err=True):
        raise ConfigError("nothing was asked")
