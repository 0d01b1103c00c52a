"""Meters: what a call is charged for, and what each costs: USD per million tokens until it becomes a rate."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact
from typing import Final, Literal

from llmaudit.errors import PriceError

Meter = Literal["input", "cache_read", "cache_write", "cache_write_1h", "output", "call"]
METERS: Final[tuple[Meter, ...]] = ("input", "cache_read", "cache_write", "cache_write_1h", "output", "call")
"""`call` is USD per request, the others USD per token. `input` is what neither cache took; `cache_write` is what is
kept five minutes (or as long as a provider likes), `cache_write_1h` what is kept an hour; `output` with reasoning."""

ServiceTier = Literal["standard", "batch", "flex", "priority"]
SERVICE_TIERS: Final[tuple[ServiceTier, ...]] = ("standard", "batch", "flex", "priority")

RATE_SCALE = 12
_STEP = Decimal(1).scaleb(-RATE_SCALE)
_EXACT = Context(prec=60, traps=[Inexact])
_ROUND = Context(prec=60, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens (per request for `call`), by the size of the whole input.

    `base` holds up to the first threshold; each (threshold, price) holds above it, for *every* token of the request:
    tiers are cliffs, never brackets.
    """

    base: Decimal
    above: tuple[tuple[int, Decimal], ...] = ()

    def at(self, input_tokens: int) -> Decimal:
        """The price for a request whose input, caches included, is this long."""
        price = self.base
        for threshold, dearer in self.above:
            if input_tokens > threshold:
                price = dearer
        return price

    def map(self, change: Callable[[Decimal], Decimal]) -> "Price":
        return Price(change(self.base), tuple((start, change(price)) for start, price in self.above))

    def times(self, factor: Decimal) -> "Price":
        return self.map(lambda price: _EXACT.multiply(price, factor))


Prices = Mapping[Meter, Price | None]
"""A meter that is absent may still get a documented default; one that is None has no price."""


def thresholds(prices: Iterable[Price | None]) -> list[int]:
    """Every input size at which one of these prices changes, ascending."""
    return sorted({start for price in prices if price is not None for start, _ in price.above})


def per_unit(meter: Meter, price: Decimal, *, rounded: bool, of: str) -> Decimal:
    """USD per token (per request for `call`) at scale 12.

    Where that scale does not hold the price: the nearest (half even) if `rounded`, else PriceError naming `of`.
    """
    unit = price if meter == "call" else price.scaleb(-6, context=_ROUND)
    try:
        return unit.quantize(_STEP, context=_ROUND if rounded else _EXACT)
    except Inexact:
        raise PriceError(
            f"{of}: the price of {meter} would need more than {RATE_SCALE} decimal places per token ({unit:f})",
            hint="use fewer digits in `prices:`, or write `round: true` beside the multiplier",
        ) from None
