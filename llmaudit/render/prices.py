"""The rates of a model, as text."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from llmaudit.money import plain
from llmaudit.prices import METERS, Rate
from llmaudit.render.columns import columns
from llmaudit.render.formats import Format
from llmaudit.render.wrapping import wrapped

_MILLION = 1_000_000
_LAST = 10**12
_UNREMARKABLE = frozenset({"–", "always", "exact"})
"""What the usual rate says; a terminal has no room for columns of nothing else."""


def rendered(model: str, at: datetime, rates: Sequence[Rate], book: str, form: Format) -> str:
    """The rates in that form. Tables give USD per million tokens, JSON and CSV USD per token."""
    match form:
        case Format.JSON:
            answer = {
                "schema": "llmaudit/prices/1",
                "model": model,
                "at": at.isoformat(),
                "price_book": book,
                "rates": [_fields(rate) for rate in rates],
            }
            return json.dumps(answer, indent=2, ensure_ascii=False)
        case Format.CSV:
            out = io.StringIO()
            writer = csv.DictWriter(out, list(_fields(rates[0])), lineterminator="\n")
            writer.writeheader()
            writer.writerows(_fields(rate) for rate in rates)
            return out.getvalue().rstrip("\n")
        case Format.MARKDOWN | Format.TABLE:
            return _table(model, at, rates, book, markdown=form is Format.MARKDOWN)


def _fields(rate: Rate) -> dict[str, str | int | None]:
    sides = {
        f"{side}_{meter}": None if (price := getattr(rate, f"{side}_{meter}")) is None else plain(price)
        for side in ("list", "effective")
        for meter in METERS
    }
    return {
        "service_tier": rate.service_tier,
        "over_input_tokens": max(rate.over_input_tokens, 0),
        "up_to_input_tokens": None if rate.up_to_input_tokens == _LAST else rate.up_to_input_tokens,
        "from_second_of_day": rate.from_second_of_day,
        "to_second_of_day": rate.to_second_of_day,
        **sides,
        "price_basis": rate.price_basis,
        "priced_as": rate.priced_as,
        "source": rate.source,
        "source_date": None if rate.source_date is None else rate.source_date.isoformat(),
    }


def _table(model: str, at: datetime, rates: Sequence[Rate], book: str, *, markdown: bool) -> str:
    header = ("tier", "input", "cache read", "cache write", "write 1h", "output", "per call", "when", "basis")
    rows = []
    for rate in rates:
        prices = [_per_million(getattr(rate, f"effective_{meter}"), meter) for meter in METERS]
        rows.append((rate.service_tier, *prices[:4], prices[4], prices[5], _when(rate), rate.price_basis))
    title = f"{model} on {at:%Y-%m-%d}, USD per million tokens (per call: USD)"
    named = dict.fromkeys((rate.priced_as, rate.source, rate.source_date) for rate in rates)
    notes = [f"{priced_as}: {source}{f', {day}' if day else ''}" for priced_as, source, day in named]
    if markdown:
        lines = [f"| {' | '.join(cells)} |" for cells in (header, ("---",) * len(header), *rows)]
        return "\n".join((f"**{title}**", "", *lines, "", *(f"- {note}" for note in (*notes, f"price book: {book}"))))
    told = [column for column in zip(header, *rows, strict=True) if not set(column[1:]) <= _UNREMARKABLE]
    names = [column[0] for column in told]
    words = [place for place, name in enumerate(names) if name in ("tier", "when", "basis")]
    lines = columns(list(zip(*told, strict=True)), right=set(range(len(names))).difference(words), folding=words[::-1])
    below = [line for note in notes for line in wrapped("- ", note)]
    return "\n".join((title, "", *lines, "", *below, f"price book: {book}"))


def _per_million(price: Decimal | None, meter: str) -> str:
    if price is None:
        return "–" if meter == "call" else "unknown"
    return plain(price if meter == "call" else price * _MILLION)


def _when(rate: Rate) -> str:
    """The sizes and the time of day for which a rate holds."""
    parts = []
    if rate.over_input_tokens > 0:
        parts.append(f"over {rate.over_input_tokens:,} input")
    if rate.up_to_input_tokens != _LAST:
        parts.append(f"up to {rate.up_to_input_tokens:,} input")
    if (rate.from_second_of_day, rate.to_second_of_day) != (0, 86_400):
        parts.append(f"{_clock(rate.from_second_of_day)} to {_clock(rate.to_second_of_day)} UTC")
    return ", ".join(parts) or "always"


def _clock(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}"
