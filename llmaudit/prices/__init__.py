"""Prices: the distinct models of a store become rows of rates. Nothing here touches calls, SQL or the store.

Names are imported when they are first used: most runs find every rate in the store and need no price book.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmaudit.prices.meters import METERS, SERVICE_TIERS, Meter, ServiceTier
    from llmaudit.prices.overrides import PriceOverrides, PriceRule
    from llmaudit.prices.rate import Rate, Use, describe, rates
    from llmaudit.prices.resolve import concerning, suggestions
    from llmaudit.prices.version import book_version

_HOME = {
    **dict.fromkeys(("METERS", "SERVICE_TIERS", "Meter", "ServiceTier"), "meters"),
    **dict.fromkeys(("PriceOverrides", "PriceRule"), "overrides"),
    **dict.fromkeys(("Rate", "Use", "describe", "rates"), "rate"),
    **dict.fromkeys(("concerning", "suggestions"), "resolve"),
    "book_version": "version",
}

__all__ = [
    "METERS",
    "SERVICE_TIERS",
    "Meter",
    "PriceOverrides",
    "PriceRule",
    "Rate",
    "ServiceTier",
    "Use",
    "book_version",
    "concerning",
    "describe",
    "rates",
    "suggestions",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
