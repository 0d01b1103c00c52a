"""Concentration: how few calls, users, conversations and features make 80 % of the cost.

    500 calls, of which the 60 dearest reach 80 % of the cost:  Concentration("calls", 500, …, 60, 0.12)

The number is the smallest that will do, the item that crosses the line included. Items whose cost is unknown are not
counted, and neither are calls that name no user (conversation, feature): `cost` says what the statement is about.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from llmaudit.store import Store, load_sql

LINE = Decimal("0.8")
_CONCENTRATION = load_sql(__package__, "concentration")
_OWNED_BY = {"user": "user_id", "conversation": "conversation_id", "feature": "feature"}


@dataclass(frozen=True, slots=True)
class Concentration:
    """How many of `items` it takes to reach 80 % of their `cost` (USD), and which share of them that is.

    Both are None where there is no item, or nothing cost anything.
    """

    of: str
    items: int
    cost: Decimal
    items_for_80_percent: int | None
    share_for_80_percent: float | None


def concentrations(store: Store) -> Iterator[Concentration]:
    """For calls, users, conversations and features, in this order, over the calls bound as `chosen`."""
    store.bind("items", "select effective_cost as cost from chosen")
    yield _concentration(store, "calls")
    for of, column in _OWNED_BY.items():
        # Each is summed once and kept: the query looks at its items twice.
        store.run(f"""
            create or replace temp table item_costs as
            select sum(effective_cost) as cost from chosen where {column} is not null group by {column}""")
        store.bind("items", "select cost from item_costs")
        yield _concentration(store, of)


def _concentration(store: Store, of: str) -> Concentration:
    found = store.rows(_CONCENTRATION)
    if not found:
        return Concentration(of, 0, Decimal(0), None, None)
    items, cost, items_before, cost_before, amount = found[0]
    if not cost:
        return Concentration(of, items, cost, None, None)
    needed = items_before + int(((LINE * cost - cost_before) / amount).to_integral_value(ROUND_CEILING))
    return Concentration(of, items, cost, needed, needed / items)
