"""The overlay: documented prices that the book lacks, each with its source and the day it was read (`overlay.yaml`).

Four kinds of row: `prices` (absolute), `tiers` (parts of the standard price of the day), `regions` (an uplift on every
meter) and `cache_defaults` (a cached or written token is charged like any input token); beside them `aliases` and
`free`. The comments in the file say how they are read.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from llmaudit.prices.meters import Meter, Price, ServiceTier


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    source: str
    read: date


class _DatedRow(_Row):
    provider: str
    models: tuple[str, ...] = ()
    not_models: tuple[str, ...] = ()
    since: date = date.min
    until: date = date.max

    def concerns(self, provider: str, model: str) -> bool:
        """Whether the row speaks of this entry of the book, on any day."""
        return self.provider == provider and _any(self.models, model) and not _any(self.not_models, model)

    def holds(self, day: date) -> bool:
        return self.since <= day < self.until


class PriceRow(_DatedRow):
    """Absolute prices: of single meters, or of a whole model that the row `defines` for the names that `match`."""

    service_tier: ServiceTier
    meters: Mapping[Meter, Decimal | tuple[Decimal, int, Decimal]]
    defines: str | None = None
    match: str | None = None

    def concerns(self, provider: str, model: str) -> bool:
        return (self.provider, self.defines) == (provider, model) or super().concerns(provider, model)

    def prices(self) -> dict[Meter, Price | None]:
        return {
            meter: Price(value[0], ((value[1], value[2]),)) if isinstance(value, tuple) else Price(value)
            for meter, value in self.meters.items()
        }


class Part(BaseModel):
    """So many times another meter's standard price."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    of: Meter
    times: Decimal


class TierRow(_DatedRow):
    """A service tier as parts of the standard price, or as the book's own later figures (`book`)."""

    service_tier: ServiceTier
    every_meter: Decimal | None = None
    meters: Mapping[Meter, Decimal | Part | None] = Field(default_factory=dict)
    book: bool = False
    basis: Literal["exact", "fallback"] = "exact"


class RegionRow(_DatedRow):
    provider_names: tuple[str, ...]
    regions: tuple[str, ...]
    times: Decimal


class CacheDefault(_Row):
    providers: tuple[str, ...]
    meters: tuple[Meter, ...]
    models: tuple[str, ...] = ("*",)
    not_models: tuple[str, ...] = ()

    def concerns(self, provider: str, model: str) -> bool:
        return provider in self.providers and _any(self.models, model) and not _any(self.not_models, model)


class FreeRow(_DatedRow):
    pass


class Alias(_Row):
    provider: str
    match: str
    model: str


class Overlay(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    date: date
    cache_defaults: tuple[CacheDefault, ...]
    free: tuple[FreeRow, ...]
    aliases: tuple[Alias, ...]
    prices: tuple[PriceRow, ...]
    tiers: tuple[TierRow, ...]
    regions: tuple[RegionRow, ...]

    @field_validator("prices")
    @classmethod
    def _matches_compile(cls, rows: tuple[PriceRow, ...]) -> tuple[PriceRow, ...]:
        for row in rows:
            re.compile(row.match or "")
        return rows

    def alias(self, provider: str, name: str) -> str | None:
        """The book's id for a name that only the overlay knows."""
        return next(
            (row.model for row in self.aliases if row.provider == provider and re.search(row.match, name)), None
        )

    def defined(self, provider: str, name: str) -> PriceRow | None:
        """The model of ours that a name means."""
        return next(
            (row for row in self.prices if row.match and row.provider == provider and re.search(row.match, name)), None
        )

    def price_rows(self, provider: str, model: str, tier: ServiceTier) -> list[PriceRow]:
        return [row for row in self.prices if row.service_tier == tier and row.concerns(provider, model)]

    def tier_rows(self, provider: str, model: str, tier: ServiceTier) -> list[TierRow]:
        return [row for row in self.tiers if row.service_tier == tier and row.concerns(provider, model)]

    def region_rows(self, provider: str, provider_name: str, model: str, region: str | None) -> list[RegionRow]:
        place = (region or "").lower()
        return [
            row
            for row in self.regions
            if provider_name in row.provider_names and row.concerns(provider, model) and _any(row.regions, place)
        ]

    def cached_like_input(self, provider: str, model: str) -> set[Meter]:
        """The meters that cost what input costs where the book names no price."""
        return {meter for row in self.cache_defaults if row.concerns(provider, model) for meter in row.meters}

    def is_free(self, provider: str, model: str) -> bool:
        return any(row.concerns(provider, model) for row in self.free)


def text() -> str:
    """The file as it stands in the package."""
    return (files(__package__) / "overlay.yaml").read_text(encoding="utf-8")


@cache
def load() -> Overlay:
    """The overlay of this release."""
    import yaml  # read once, and only when something is priced

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one is ten times as fast, where it was built
    return Overlay.model_validate(yaml.load(text(), Loader=loader))


def _any(globs: Iterable[str], value: str) -> bool:
    return any(fnmatchcase(value, glob) for glob in globs)
