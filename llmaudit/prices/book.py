"""The price book: genai-prices, its own data objects read as they are, never through its calculator.

Source: genai-prices 0.2.3, `genai_prices/types.py` and `data.py`, read 2026-11-23. What they mean:

- Of a list of conditional prices the last one whose constraint is met holds, else the first. A constraint is a UTC
  start date *or* a daily UTC window, never both.
- `price_variants` are partial prices for a request context. The library silently answers with the standard price where
  no variant is active; here a tier without an active variant has no price, and the overlay is asked.
- A tiered price holds for all tokens of a request whose whole input is *longer* than the tier's start.
- Cached, written and hour-long tokens without a price of their own are charged as their parent meter by the library.
  Here they are unknown, unless the overlay documents it.
- Meters without a column here (audio, images, video, searches, pages, characters, seconds) are left out: a call that
  used them costs more than its tokens. A model that prices reasoning apart from output (sonar-deep-research) has no
  output price, because one output count cannot be charged at two rates.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from llmaudit.prices.matching import is_precise, spelt_out
from llmaudit.prices.meters import Meter, Price, Prices, ServiceTier

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, PriceVariant, Provider

_KEYS: Mapping[str, Meter] = {
    "input_mtok": "input",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "output_mtok": "output",
    "requests_kcount": "call",
}
_CONTEXT: Mapping[ServiceTier, Mapping[str, str]] = {
    "standard": {},
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
}


@dataclass(frozen=True, slots=True)
class BookModel:
    """One entry of the book, and through which provider it was found (`own`: the provider lists it itself)."""

    owner: str
    info: "ModelInfo"
    own: bool
    source: str

    @property
    def name(self) -> str:
        return self.info.id

    def dates(self) -> set[date]:
        """The UTC days on which a price starts."""
        return {
            day for constraint in self._constraints() if (day := getattr(constraint, "start_date", None)) is not None
        }

    def seconds(self) -> set[int]:
        """The seconds of the UTC day at which a price starts or ends."""
        return {
            _second_of_day(edge)
            for constraint in self._constraints()
            for edge in (getattr(constraint, "start_time", None), getattr(constraint, "end_time", None))
            if edge is not None
        }

    def prices(self, at: datetime, tier: ServiceTier) -> Prices | None:
        """What the book says for this tier at this instant, or None where it says nothing of the tier."""
        context = _CONTEXT[tier]
        if tier != "standard" and not any(_active(variant, at) for variant in self._variants(tier)):
            return None
        return _prices(self.info.get_prices(at, context))

    def prices_of_tier_later(self, tier: ServiceTier) -> Prices | None:
        """The book's earliest figures for a tier, whatever the day it dates them from; None where it has none."""
        starts = [getattr(variant.constraint, "start_date", date(1970, 1, 1)) for variant in self._variants(tier)]
        return self.prices(datetime.combine(min(starts), time(), UTC), tier) if starts else None

    def _variants(self, tier: ServiceTier) -> "list[PriceVariant]":
        # The library does not apply variants across a fallback either: another provider's tier is not this one's.
        variants = (self.info.price_variants or []) if self.own else []
        return [variant for variant in variants if variant.when == _CONTEXT[tier]]

    def _constraints(self) -> Iterator[object]:
        conditional = self.info.prices if isinstance(self.info.prices, list) else []
        yield from (entry.constraint for entry in conditional)
        yield from (variant.constraint for variant in self.info.price_variants or [])


@cache
def version_of_book() -> str:
    """The book and its release, without loading it."""
    return f"genai-prices {version('genai-prices')}"


def provider_ids() -> frozenset[str]:
    return frozenset(_providers())


def find(provider_id: str, name: str) -> BookModel | None:
    """The entry of this provider that a model name means, and not merely resembles; None where there is none."""
    provider = _providers().get(provider_id)
    if provider is None:
        return None
    owners = [provider, *(_providers()[fallback] for fallback in provider.fallback_model_providers or [])]
    for spelling in dict.fromkeys((name.lower(), spelt_out(name.lower()))):
        for owner in owners:
            for info in owner.models:
                if info.is_match(spelling) and is_precise(spelling, info.id, info.match):
                    return _book_model(owner, info, own=owner is provider)
    return None


def entry(provider_id: str, model_id: str) -> BookModel | None:
    """The entry with this id."""
    provider = _providers().get(provider_id)
    infos = provider.models if provider is not None else []
    return next((_book_model(provider, info, own=True) for info in infos if provider and info.id == model_id), None)


def names(provider_id: str) -> list[str]:
    """The ids of this provider's entries."""
    provider = _providers().get(provider_id)
    return [info.id for info in provider.models] if provider is not None else []


def _book_model(owner: "Provider", info: "ModelInfo", *, own: bool) -> BookModel:
    page = (owner.pricing_urls or [owner.name])[0]
    return BookModel(owner.id, info, own, f"{version_of_book()}: {page}")


@cache
def _providers() -> "dict[str, Provider]":
    # Importing the data takes 200 ms, so it waits until something has to be priced.
    from genai_prices.data import providers

    return {provider.id: provider for provider in providers}


def _active(variant: "PriceVariant", at: datetime) -> bool:
    return variant.constraint is None or variant.constraint.active(at)


def _prices(model_price: "ModelPrice") -> Prices | None:
    stored = {key: value for key, value in vars(model_price).items() if value is not None}
    prices: dict[Meter, Price | None] = {
        meter: _price(stored[key], meter) for key, meter in _KEYS.items() if key in stored
    }
    if "output_reasoning_mtok" in stored:
        prices["output"] = None
    return prices if any(price is not None for price in prices.values()) else None


def _price(value: object, meter: Meter) -> Price:
    if isinstance(value, Decimal):
        price = Price(value)
    else:
        from genai_prices.types import TieredPrices

        assert isinstance(value, TieredPrices)
        price = Price(value.base, tuple((tier.start, tier.price) for tier in value.tiers))
    return price.times(Decimal("0.001")) if meter == "call" else price


def _second_of_day(edge: time) -> int:
    utc = datetime.combine(date(2000, 1, 1), edge if edge.tzinfo else edge.replace(tzinfo=UTC)).astimezone(UTC)
    return utc.hour * 3600 + utc.minute * 60 + utc.second
