"""What a model costs at one instant: the book, then the overlay, then the user's rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from llmaudit.prices import overlay
from llmaudit.prices.meters import METERS, Meter, Price, Prices, ServiceTier
from llmaudit.prices.overlay import Part, PriceRow, RegionRow, TierRow
from llmaudit.prices.overrides import PriceRule
from llmaudit.prices.resolve import Basis, Priced

_Found: TypeAlias = "tuple[Prices, str, date | None, Basis] | None"
_Dated: TypeAlias = PriceRow | TierRow | RegionRow | PriceRule


@dataclass(frozen=True, slots=True)
class Quote:
    """Public prices and what is left of them after the user's rows, with where they come from. None: no price."""

    listed: Mapping[Meter, Price | None]
    effective: Mapping[Meter, Price | None]
    rounded: bool
    basis: Basis
    source: str
    source_date: date | None


def quote(priced: Priced, tier: ServiceTier, region: str | None, at: datetime) -> Quote | None:
    """The prices of this model in this tier and region at this instant (UTC); None where nobody documents any."""
    found = _public(priced, tier, at)
    listed: Prices = {}
    source, read, basis = "", None, priced.basis
    if found is not None:
        listed, source, read, tier_basis = found
        basis = tier_basis if basis == "exact" else basis
        for row in overlay.load().region_rows(priced.sold_by, priced.provider_name, priced.model, region)[:1]:
            if row.holds(at.date()):
                listed = {meter: _times(price, row.times, but="call", meter=meter) for meter, price in listed.items()}
                source, read = f"{source}; {row.source}", row.read
    return _after_overrides(priced, Quote(listed, listed, False, basis, source, read), tier, at.date())


def days(priced: Priced, tier: ServiceTier, region: str | None) -> set[date]:
    """Every UTC day on which one of these prices may change."""
    rows = overlay.load()
    dated: list[_Dated] = [
        *rows.price_rows(priced.sold_by, priced.model, "standard"),
        *rows.price_rows(priced.sold_by, priced.model, tier),
        *rows.tier_rows(priced.sold_by, priced.model, tier),
        *rows.region_rows(priced.sold_by, priced.provider_name, priced.model, region),
        *priced.rules,
    ]
    edges = {edge for row in dated for edge in (row.since, row.until)} - {date.min, date.max}
    return edges | (priced.entry.dates() if priced.entry else set())


def _public(priced: Priced, tier: ServiceTier, at: datetime) -> _Found:
    found = _stated(priced, tier, at)
    if found is None and tier != "standard":
        standard = _stated(priced, "standard", at)
        found = _derived(priced, tier, at, standard) if standard else None
    if found is None:
        return None
    prices, source, read, basis = found
    same = overlay.load().cached_like_input(priced.sold_by, priced.model)
    if "cache_write" in same and "cache_write" not in prices:
        same |= {"cache_write_1h"}  # no premium for writing, however long it is kept
    return {**{meter: prices.get("input") for meter in same}, **prices}, source, read, basis


def _stated(priced: Priced, tier: ServiceTier, at: datetime) -> _Found:
    """What the book or an absolute row of the overlay says of this very tier."""
    rows = overlay.load()
    prices = priced.entry.prices(at, tier) if priced.entry else None
    if prices is None and tier == "standard" and rows.is_free(priced.sold_by, priced.model):
        prices = dict.fromkeys(METERS[:-1], Price(Decimal(0)))
    source, read = priced.entry.source if priced.entry else "", None
    for row in rows.price_rows(priced.sold_by, priced.model, tier):
        if row.holds(at.date()):
            prices = {**(prices or {}), **row.prices()}
            return prices, row.source, row.read, "exact"
    return (prices, source, read, "exact") if prices is not None else None


def _derived(
    priced: Priced, tier: ServiceTier, at: datetime, standard: tuple[Prices, str, date | None, Basis]
) -> _Found:
    """What an overlay row makes of the standard prices of the day."""
    row = next(
        (row for row in overlay.load().tier_rows(priced.sold_by, priced.model, tier) if row.holds(at.date())),
        None,
    )
    if row is None:
        return None
    if row.book:
        later = priced.entry.prices_of_tier_later(tier) if priced.entry else None
        return (later, row.source, row.read, row.basis) if later is not None else None
    return _parts(row, standard[0]), f"{row.source}; of {standard[1]}", row.read, row.basis


def _parts(row: TierRow, standard: Prices) -> Prices:
    if row.every_meter is not None:
        return {meter: _times(price, row.every_meter, but="call", meter=meter) for meter, price in standard.items()}
    parts: dict[Meter, Price | None] = {}
    for meter, part in row.meters.items():
        if part is None:
            parts[meter] = None
        elif isinstance(part, Part):
            parts[meter] = _times(standard.get(part.of), part.times)
        elif meter in standard:
            parts[meter] = _times(standard[meter], part)
    return parts


def _after_overrides(priced: Priced, before: Quote, tier: ServiceTier, day: date) -> Quote | None:
    rule = next((rule for rule in priced.rules if rule.holds(day, tier)), None)
    if rule is None:
        return before if before.listed else None
    source = f"prices: {rule.model} in llmaudit.yaml"
    if before.source:
        source = f"{source}; {before.source}"
    if rule.multiplier is None:
        own: dict[Meter, Price | None] = {meter: Price(price) for meter, price in rule.absolute.items()}
        return replace(before, effective={**before.listed, **own}, basis="override", source=source)
    if not before.listed:
        return None
    factor = rule.multiplier
    effective = {meter: _times(price, factor) for meter, price in before.listed.items()}
    return replace(before, effective=effective, rounded=rule.round, basis="override", source=source)


def _times(
    price: Price | None, factor: Decimal, *, but: Meter | None = None, meter: Meter | None = None
) -> Price | None:
    return price if price is None or (but is not None and meter == but) else price.times(factor)
