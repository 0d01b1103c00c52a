"""Rates: one row per model, tier, stretch of time, time of day and input size, for one SQL join to price every call.

    Use("openai", "gpt-4o", "standard", None, first, last)  →  Rate(… list_input=Decimal("0.000002500000") …)

The rows of a use never overlap: every instant, second of the day and input size falls into one row at most.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TypeAlias, TypeVar

from llmaudit.prices.meters import METERS, SERVICE_TIERS, Meter, Price, ServiceTier, per_unit, thresholds
from llmaudit.prices.overrides import PriceOverrides
from llmaudit.prices.quotes import Quote, days, quote
from llmaudit.prices.resolve import Basis, Priced, resolve

OPEN_FROM_US = 0
"""The start of a price that was always there: 1970."""
OPEN_TO_US = 253_402_300_800_000_000
"""The end of a price that has none: the year 10000."""
DAY_SECONDS = 86_400
FIRST_OVER = -1
LAST_UP_TO = 10**12

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Use:
    """One distinct provider, model, tier and region of a store, and the first and last instant of its use, included."""

    provider_name: str | None
    model: str
    service_tier: str
    region: str | None
    since_us: int
    until_us: int


@dataclass(frozen=True, slots=True)
class Rate:
    """One price for one stretch. The first four fields are those of the Use, as it was given.

    Holds from `valid_from_us` to before `valid_to_us`, from `from_second_of_day` to before `to_second_of_day` (UTC),
    for a whole input (caches included) over `over_input_tokens` and up to and including `up_to_input_tokens`.
    Prices are USD per token (`…_call` per request) at scale 12; None is a price nobody documents, never a free one.
    """

    provider_name: str | None
    model: str
    service_tier: str
    region: str | None
    valid_from_us: int
    valid_to_us: int
    from_second_of_day: int
    to_second_of_day: int
    over_input_tokens: int
    up_to_input_tokens: int
    list_input: Decimal | None
    list_cache_read: Decimal | None
    list_cache_write: Decimal | None
    list_cache_write_1h: Decimal | None
    list_output: Decimal | None
    list_call: Decimal | None
    effective_input: Decimal | None
    effective_cache_read: Decimal | None
    effective_cache_write: Decimal | None
    effective_cache_write_1h: Decimal | None
    effective_output: Decimal | None
    effective_call: Decimal | None
    price_basis: Basis
    priced_as: str
    source: str
    source_date: date | None


@dataclass(frozen=True, slots=True)
class _Figures:
    """What a row says, beside when and for which sizes."""

    listed: "_Six"
    effective: "_Six"
    basis: Basis
    source: str
    source_date: date | None


_Unit: TypeAlias = Decimal | None
_Six: TypeAlias = tuple[_Unit, _Unit, _Unit, _Unit, _Unit, _Unit]
_Sizes = tuple[tuple[int, int, _Figures], ...]
_Day = tuple[tuple[int, int, _Sizes], ...]


def rates(uses: Iterable[Use], overrides: PriceOverrides | None) -> list[Rate]:
    """The rates of every use over its span, in the order of the uses; a use without a known price yields none.

    Raises PriceError when an alias leads nowhere, or a price does not fit 12 decimal places.
    """
    said = overrides or PriceOverrides()
    return [rate for use in uses for rate in _rates(use, said)]


def describe(
    model: str, at: datetime, overrides: PriceOverrides | None, provider_name: str | None = None
) -> list[Rate]:
    """The rates of one model on one day, in every tier that has any; empty if it is unknown.

    `at` without a zone is UTC. The rows cover the whole UTC day and every input size, outside any special region.
    """
    instant = _us(at if at.tzinfo else at.replace(tzinfo=UTC))
    return rates((Use(provider_name, model, tier, None, instant, instant) for tier in SERVICE_TIERS), overrides)


def _rates(use: Use, overrides: PriceOverrides) -> Iterator[Rate]:
    priced = resolve(use.provider_name, use.model, overrides)
    if priced is None or use.service_tier not in SERVICE_TIERS:
        return
    tier = use.service_tier
    edges = {OPEN_FROM_US, OPEN_TO_US, *(_us(_midnight(day)) for day in days(priced, tier, use.region))}
    stretches = _joined((start, end, _day(priced, tier, use.region, start)) for start, end in pairwise(sorted(edges)))
    for valid_from, valid_to, day in stretches:
        if valid_from > use.until_us or valid_to <= use.since_us:
            continue
        for second_from, second_to, sizes in day:
            for over, up_to, figures in sizes:
                yield Rate(
                    *(use.provider_name, use.model, use.service_tier, use.region),
                    *(valid_from, valid_to, second_from, second_to, over, up_to),
                    *figures.listed,
                    *figures.effective,
                    *(figures.basis, priced.priced_as, figures.source, figures.source_date),
                )


def _day(priced: Priced, tier: ServiceTier, region: str | None, start_us: int) -> _Day:
    """The prices of one day, by time of day and input size."""
    start = _EPOCH + timedelta(microseconds=start_us)
    edges = {0, DAY_SECONDS, *(priced.entry.seconds() if priced.entry else ())}
    windows = []
    for second_from, second_to in pairwise(sorted(edges)):
        found = quote(priced, tier, region, start + timedelta(seconds=second_from))
        windows.append((second_from, second_to, _sizes(found, priced.priced_as) if found else ()))
    return tuple(window for window in _joined(windows) if window[2])


def _sizes(found: Quote, priced_as: str) -> _Sizes:
    steps = thresholds([*found.listed.values(), *found.effective.values()])
    bounds = pairwise([FIRST_OVER, *steps, LAST_UP_TO])
    return tuple(_joined([(over, up_to, _figures(found, up_to, priced_as)) for over, up_to in bounds]))


def _figures(found: Quote, input_tokens: int, priced_as: str) -> _Figures:
    def column(meter: Meter, price: Price | None, *, rounded: bool) -> _Unit:
        return None if price is None else per_unit(meter, price.at(input_tokens), rounded=rounded, of=priced_as)

    # The book carries prices such as 0.08333333333333334 (a twelfth): the nearest trillionth is as exact as they are.
    listed = {meter: column(meter, price, rounded=True) for meter, price in found.listed.items()}
    effective = {
        meter: column(meter, price, rounded=found.rounded or price == found.listed.get(meter))
        for meter, price in found.effective.items()
    }
    return _Figures(_six(listed), _six(effective), found.basis, found.source, found.source_date)


def _six(prices: Mapping[Meter, _Unit]) -> _Six:
    uncached, read, write, write_1h, output, call = (prices.get(meter) for meter in METERS)
    return uncached, read, write, write_1h, output, call


def _joined(stretches: Iterable[tuple[int, int, _T]]) -> list[tuple[int, int, _T]]:
    """Neighbours that say the same, as one."""
    joined: list[tuple[int, int, _T]] = []
    for start, end, content in stretches:
        if joined and joined[-1][1] == start and joined[-1][2] == content:
            joined[-1] = (joined[-1][0], end, content)
        else:
            joined.append((start, end, content))
    return joined


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _us(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
