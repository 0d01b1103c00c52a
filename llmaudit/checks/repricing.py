"""Both sides at the prices of one book and one day, so that a new price list does not look like another use.

A snapshot holds tokens by class of prices; here each class gets the prices that hold at one instant. A class that has
none there keeps the prices it was paid at, and the number of such calls is said.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from llmaudit.analyses.explain_sides import METERS, Used
from llmaudit.checks.snapshot import CellName, Snapshot

if TYPE_CHECKING:
    from llmaudit.prices import PriceOverrides

UnitPrices: TypeAlias = tuple[Fraction, ...]
"""USD per token, by meter as in METERS; the last is per request."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Repriced:
    """What the calls of one side cost as they were paid, and at the prices of one day, USD.

    `kept_calls` have no known price on that day and keep their own.
    """

    own_cost: Decimal
    cost: Decimal
    kept_calls: int


@dataclass(frozen=True, slots=True)
class Book:
    """The prices of one day, by class."""

    at: datetime
    prices: Mapping[CellName, UnitPrices]

    def of(self, name: CellName, used: Used) -> UnitPrices:
        """The prices of a class, or those its calls were paid at."""
        return self.prices.get(name) or paid(used)

    def reprice(self, snapshot: Snapshot) -> Repriced:
        """What a side costs at these prices."""
        own, cost, kept = Decimal(0), Fraction(0), 0
        for group in snapshot.groups:
            for name, used in group.use.cells.items():
                own += sum(used.costs, Decimal(0))
                cost += total(used, self.of(name, used))
                kept += 0 if name in self.prices else used.calls
        return Repriced(own, _decimal(cost), kept)


def book(snapshots: Iterable[Snapshot], overrides: "PriceOverrides | None") -> Book:
    """The prices at the end of the last of the snapshots, of every class that any of them used."""
    from llmaudit.prices import Use, rates

    sides = list(snapshots)
    at = max((side.until - _MICROSECOND for side in sides if side.until), default=datetime.now(UTC))
    instant = (at - _EPOCH) // _MICROSECOND
    names = dict.fromkeys(name for side in sides for group in side.groups for name in group.use.cells)
    uses = {
        Use(model.provider_name or None, model.model, kind.service_tier, kind.region or None, instant, instant)
        for model, kind in names
    }
    found: dict[CellName, UnitPrices] = {}
    rows = rates(uses, overrides)
    for name in names:
        model, kind = name
        for rate in rows:
            same = (rate.provider_name or "", rate.model, rate.service_tier, rate.region or "")
            # A class is known by where it begins; if the list is cut up in another way now, by the row it begins in.
            begins = rate.over_input_tokens <= kind.over_input_tokens < rate.up_to_input_tokens
            begins = begins and rate.from_second_of_day <= kind.from_second_of_day < rate.to_second_of_day
            if same == (*model, kind.service_tier, kind.region) and begins and rate.effective_input is not None:
                units = (
                    rate.effective_input,
                    rate.effective_cache_read,
                    rate.effective_cache_write,
                    rate.effective_cache_write_1h,
                    rate.effective_output,
                    rate.effective_call,
                )
                found[name] = tuple(Fraction(unit or 0) for unit in units)
    return Book(at, found)


def paid(used: Used) -> UnitPrices:
    """What the tokens of a class were paid at, on average."""
    return tuple(
        Fraction(cost) / tokens if tokens else Fraction(0) for cost, tokens in zip(used.costs, used.tokens, strict=True)
    )


def total(used: Used, prices: UnitPrices) -> Fraction:
    """What the tokens of a class cost at these prices."""
    return sum((tokens * prices[place] for place, tokens in enumerate(used.tokens)), Fraction(0))


assert METERS[-1] == "request", "the last meter counts requests"


def _decimal(amount: Fraction) -> Decimal:
    return (Decimal(amount.numerator) / Decimal(amount.denominator)).quantize(Decimal("1e-12"))
