"""What calls cost: the rates of their models, laid over them by one query.

Only the distinct models of a store are resolved in Python; every row is priced in SQL.
"""

from llmaudit.pricing.idle import IdlePrice, idle_prices
from llmaudit.pricing.rates import MONEY, PRICE, add_missing_rates, reprice, reprice_if_changed

__all__ = [
    "MONEY",
    "PRICE",
    "IdlePrice",
    "add_missing_rates",
    "idle_prices",
    "reprice",
    "reprice_if_changed",
]
