"""Money is exact: `Decimal` USD everywhere, rounded only where a person reads it."""

from decimal import Decimal

COST_SCALE = 12
"""Decimal places of every stored cost: a unit price has 12 and token counts are whole, so products are exact."""


def plain(amount: Decimal) -> str:
    """The amount in full, without exponent or needless zeros: what JSON and CSV carry."""
    text = format(amount.normalize(), "f")
    return "0" if text in {"-0", ""} else text


def shown(amount: Decimal) -> str:
    """The amount as a person reads it: $1,234.56, and enough digits to tell small amounts from nothing."""
    magnitude = abs(amount)
    small = 0 < magnitude < 1
    places = min(COST_SCALE, max(2, 2 - magnitude.adjusted())) if small else 2
    sign = "-" if amount < 0 else ""
    return f"{sign}${magnitude:,.{places}f}"
