"""How far a saving could be off if other days had come: a block bootstrap over days."""

from collections.abc import Sequence
from decimal import Decimal

_SEED = 20_261_001
_RESAMPLES = 2_000


def interval(by_day: Sequence[Decimal], undated: Decimal) -> tuple[Decimal | None, Decimal | None]:
    """The 2.5th and 97.5th percentile of the total over resampled days; nulls with fewer than two days.

    Days are resampled whole, because calls of a day are alike (weekday, release, outage); what is saved on calls
    without a time, `undated`, stays as it is. The seed is fixed, so that an answer repeats.
    """
    if len(by_day) < 2:
        return None, None
    import numpy as np

    days = np.array([float(amount) for amount in by_day])
    picks = np.random.default_rng(_SEED).integers(0, len(days), size=(_RESAMPLES, len(days)))
    low, high = np.quantile(days[picks].sum(axis=1), (0.025, 0.975), method="inverted_cdf")
    return _cents(float(low) + float(undated)), _cents(float(high) + float(undated))


def _cents(amount: float) -> Decimal:
    """An estimate needs no more decimals than a person reads; it must not look exact."""
    return Decimal(str(amount)).quantize(Decimal("0.000001"))
