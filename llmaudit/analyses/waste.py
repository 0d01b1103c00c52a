"""Waste: what was paid for nothing, or for less than was asked, as far as the log can tell.

    failed                a request that failed and was billed all the same
    failed_again          the same, of a request that had failed before
    reasoning_exhausted   an answer cut off while the model was still reasoning: billed, and empty
    truncated             an answer cut off by its limit of tokens: between useless and good enough
    repeated              the answer to a request that was answered before, word for word, at temperature 0
    unread_cache_writes   the surcharge for writing a prompt cache that nothing can have read

A call counts under the first of these that fits, so they add up.

A write to a prompt cache is kept 5 minutes, or the hour that is paid for; for the newest OpenAI models it is 30 minutes
(levers/cache_rules.py names the pages). The longest of the short ones is taken for all: what is called unread is so.
"""

from dataclasses import dataclass
from decimal import Decimal

from llmaudit.analyses.rated import bind_rated
from llmaudit.store import Store, load_sql

KINDS = ("failed", "failed_again", "reasoning_exhausted", "truncated", "repeated", "unread_cache_writes")
_ESTIMATED = {"truncated"}
_MINUTE_US = 60 * 1_000_000
_KEPT = {"kept_us": 30 * _MINUTE_US, "long_kept_us": 60 * _MINUTE_US}


@dataclass(frozen=True, slots=True)
class WasteLine:
    """One kind of waste: its calls, those of them that cost something, and what was wasted on them, USD.

    `basis` is `measured`, or `estimated` where the log cannot tell whether the money was lost: then it is anything from
    `low` to `high`. The calls in `unpriced_calls` cost something that nobody knows.
    """

    kind: str
    calls: int
    billed_calls: int
    low: Decimal
    high: Decimal
    unpriced_calls: int
    basis: str


@dataclass(frozen=True, slots=True)
class Waste:
    """The kinds of waste that there were, in the order in which a call was asked for them.

    `retries` are the calls that repeat a failed attempt and their cost: no waste in themselves, since a refused attempt
    is rarely billed.
    """

    lines: tuple[WasteLine, ...]
    retries: int
    retries_cost: Decimal

    @property
    def low(self) -> Decimal:
        return sum((line.low for line in self.lines), Decimal(0))

    @property
    def high(self) -> Decimal:
        return sum((line.high for line in self.lines), Decimal(0))


def waste(store: Store) -> Waste:
    """What was wasted in the calls bound as `chosen`."""
    store.run(f"create or replace temp table wasted as {load_sql(__package__, 'waste_calls')}")
    found = {kind: rest for kind, *rest in store.rows(load_sql(__package__, "waste"))}
    bind_rated(store)
    writes, premium = store.rows(load_sql(__package__, "waste_cache_writes"), _KEPT)[0]
    if writes:
        found["unread_cache_writes"] = [writes, writes, premium, 0]
    retries = store.rows("""
        select count(*), cast(coalesce(sum(effective_cost), 0) as decimal(38, 12)) from chosen where attempt > 1""")[0]
    return Waste(tuple(_line(kind, *found[kind]) for kind in KINDS if kind in found), *retries)


def _line(kind: str, calls: int, billed_calls: int, cost: Decimal, unpriced_calls: int) -> WasteLine:
    estimated = kind in _ESTIMATED
    low = Decimal(0) if estimated else cost
    return WasteLine(kind, calls, billed_calls, low, cost, unpriced_calls, "estimated" if estimated else "measured")
