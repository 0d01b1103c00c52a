"""Pareto curves: which share of the calls (of the users) makes which share of the cost, dearest first.

The points are exact where they stand; between two of them lie items of similar cost.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from llmaudit.store import Store, load_sql

_PARETO = load_sql(__package__, "pareto")
_POINTS = 100


@dataclass(frozen=True, slots=True)
class Point:
    """The `items` dearest items cost `cost` USD together; both shares are of all items whose cost is known."""

    items: int
    items_share: float
    cost: Decimal
    cost_share: float


@dataclass(frozen=True, slots=True)
class Curve:
    """A Pareto curve over calls or users: about a hundred points at most, the last of which is everything."""

    of: str
    points: tuple[Point, ...]


def curves(store: Store) -> tuple[Curve, ...]:
    """The curves over the calls bound as `chosen` and over the users they name; none of what cost nothing."""
    store.bind("items", "select effective_cost as cost from chosen")
    calls = Curve("calls", tuple(_points(store)))
    store.bind("items", "select sum(effective_cost) as cost from chosen where user_id is not null group by user_id")
    return tuple(curve for curve in (calls, Curve("user", tuple(_points(store)))) if curve.points)


def _points(store: Store) -> Iterator[Point]:
    steps = [(items, cost) for _, items, cost in store.rows(_PARETO)]
    all_items = sum(items for items, _ in steps)
    whole = sum((cost for _, cost in steps), Decimal(0))
    if not whole:
        return
    reached, items_reached, shown_items, shown_cost = Decimal(0), 0, 0, Decimal(0)
    for place, (items, cost) in enumerate(steps, start=1):
        items_reached += items
        reached += cost
        far = (items_reached - shown_items) * _POINTS >= all_items or (reached - shown_cost) * _POINTS >= whole
        if far or place == len(steps):
            shown_items, shown_cost = items_reached, reached
            yield Point(items_reached, items_reached / all_items, reached, float(reached / whole))
