"""Prices: the distinct models of a store become rows of rates. Nothing here touches calls, SQL or the store."""

from llmaudit.prices.meters import METERS, SERVICE_TIERS, Meter, ServiceTier
from llmaudit.prices.overrides import PriceOverrides, PriceRule
from llmaudit.prices.rates import Rate, Use, describe, rates
from llmaudit.prices.resolve import suggestions
from llmaudit.prices.version import book_version

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
    "describe",
    "rates",
    "suggestions",
]
