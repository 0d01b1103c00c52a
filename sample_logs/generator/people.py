"""The customers' users: 240 of them, ranked by how much they use the platform, and what plan they are on."""

from __future__ import annotations

from bisect import bisect
from itertools import accumulate
from random import Random
from typing import NamedTuple


class User(NamedTuple):
    """`tier` is in users.csv only: no log line names it."""

    user_id: str
    customer: str
    tier: str


def _tier(rank: int) -> str:
    """Few enterprise users, and nearly all of them heavy."""
    if rank < 10 or rank in (31, 77):
        return "enterprise"
    return "pro" if rank < 60 or rank % 11 == 0 else "free"


USERS = tuple(
    User(
        f"user-{(rank * 89) % 240 + 100}", f"cust-{rank % 12 + 1:03d}" if rank < 60 else f"cust-{rank:03d}", _tier(rank)
    )
    for rank in range(240)
)
ENTERPRISE_CUSTOMERS = tuple(f"cust-{number:03d}" for number in range(1, 9))


class Zipf:
    """Ranks 0..items-1 drawn with weight 1 / (rank + 1) ** exponent."""

    def __init__(self, items: int, exponent: float) -> None:
        self._bounds = list(accumulate((rank + 1) ** -exponent for rank in range(items)))

    def draw(self, draw: Random) -> int:
        return bisect(self._bounds, draw.random() * self._bounds[-1])


_POPULARITY = Zipf(len(USERS), 1.15)


def anyone(draw: Random) -> User:
    """A user, the heavy ones far more often: a fifth of the users make about four fifths of the requests."""
    return USERS[_POPULARITY.draw(draw)]
