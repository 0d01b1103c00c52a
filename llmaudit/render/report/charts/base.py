"""What all charts share: how they look, and the words of the grammar that they are made of."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from llmaudit.render.report.parts import Spec

SERIES_COLOURS = tuple(f"var(--series-{number})" for number in range(1, 7))
OTHER_COLOUR = "var(--series-other)"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_CONFIG: Mapping[str, Any] = {
    "background": None,
    "font": _FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--muted)",
        "titleColor": "var(--muted)",
        "gridColor": "var(--line)",
        "domain": False,
        "ticks": False,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelPadding": 6,
    },
    # Every chart has a description of its own and a table; a thousand marks read aloud one by one help nobody.
    "aria": False,
}
_UNITS = {
    "hour": ("utcyearmonthdatehours", "%-d %b"),
    "day": ("utcyearmonthdate", "%-d %b"),
    "week": ("utcyearmonthdate", "%-d %b"),
    "month": ("utcyearmonth", "%b %Y"),
}


def base(height: int) -> dict[str, Any]:
    return {
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": _CONFIG,
    }


def chart(height: int, values: list[dict[str, Any]], **rest: Any) -> Spec:
    return {**base(height), "data": {"values": values}, **rest}


def in_time(unit: str) -> dict[str, Any]:
    time_unit, form = _UNITS[unit]
    return {
        "field": "start",
        "type": "temporal",
        "timeUnit": time_unit,
        "scale": {"type": "utc"},
        "axis": {"format": form, "title": None, "grid": False, "labelOverlap": "greedy", "labelFlush": True},
    }


def stretches(unit: str, starts: Sequence[str]) -> dict[str, Any]:
    """Days, weeks or months side by side, also those in which there was nothing."""
    _, form = _UNITS[unit]
    return {
        "field": "start",
        "type": "ordinal",
        "scale": {"domain": list(starts), "paddingInner": 0.08, "paddingOuter": 0},
        "axis": {
            "labelExpr": f"utcFormat(toDate(datum.value), '{form}')",
            "labelAngle": 0,
            "labelOverlap": "greedy",
            "title": None,
        },
    }


def dollars(field: str, largest: float, **rest: Any) -> dict[str, Any]:
    """An axis of amounts up to the largest, with as many decimals as its steps need."""
    decimals = 0 if largest >= 8 else 1 if largest >= 0.8 else 1 - math.floor(math.log10(largest or 1))
    return {
        "field": field,
        "type": "quantitative",
        "axis": {"format": f"$,.{decimals}f", "title": None, "tickCount": 5},
        **rest,
    }


def percents(field: str, title: str | None, **rest: Any) -> dict[str, Any]:
    """An axis of shares from nothing to everything."""
    return {
        "field": field,
        "type": "quantitative",
        "axis": {"labelExpr": "round(datum.value * 100) + ' %'", "title": title, "tickCount": 5, **rest},
        "scale": {"domain": [0, 1]},
    }


def labels(field: str, order: Sequence[str], **rest: Any) -> dict[str, Any]:
    """Rows with a name each, in this order from the top."""
    return {
        "field": field,
        "type": "nominal",
        "sort": list(order),
        "axis": {"title": None, "labelLimit": 150},
        **rest,
    }


def coloured(field: str, domain: Sequence[Any], colours: Sequence[str]) -> dict[str, Any]:
    return {
        "field": field,
        "type": "nominal",
        "scale": {"domain": list(domain), "range": list(colours)},
        "legend": None,
    }


def tips(**titles: str) -> list[dict[str, str]]:
    """What is said where the mouse is: fields and their titles; all of them are text already."""
    return [{"field": field, "title": title, "type": "nominal"} for field, title in titles.items()]


def when(start: str) -> str:
    """An instant or a day of the document as a person reads it."""
    return start.removesuffix(":00Z").replace("T", " ")
