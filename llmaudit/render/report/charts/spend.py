"""Charts of what it cost."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from llmaudit.render.report.charts.base import (
    OTHER_COLOUR,
    SERIES_COLOURS,
    base,
    chart,
    coloured,
    dollars,
    percents,
    stretches,
    tips,
)
from llmaudit.render.report.parts import Key, Spec
from llmaudit.render.report.sentences import Document, money, named
from llmaudit.render.sentences import percent


def over_time(found: Document) -> tuple[Spec, tuple[Key, ...]]:
    """Cost in each stretch of time, stacked by series, the dearest at the bottom."""
    noun, unit = found["by"], found["unit"]
    cells = [cell for cell in found["cells"] if cell["start"] is not None]
    costs: dict[tuple[bool, str | None], Decimal] = defaultdict(Decimal)
    for cell in cells:
        costs[cell["other"], cell["series"]] += Decimal(cell["effective_cost"])
    series = sorted(costs, key=lambda each: (each[0], -costs[each]))
    colours = [OTHER_COLOUR if other else SERIES_COLOURS[place] for place, (other, _) in enumerate(series)]
    texts = ["all others" if other else named(noun, name) for other, name in series]
    places = {each: place for place, each in enumerate(series)}
    values = [
        {
            "start": cell["start"],
            "when": cell["start"],
            "place": places[cell["other"], cell["series"]],
            "name": texts[places[cell["other"], cell["series"]]],
            "cost": float(cell["effective_cost"]),
            "shown": money(cell["effective_cost"]),
            "calls": f"{cell['calls']:,}",
        }
        for cell in cells
    ]
    spec = chart(
        260,
        values,
        mark={"type": "bar"},
        encoding={
            "x": stretches(unit, list(_through(unit, cells[0]["start"], cells[-1]["start"]))),
            "y": dollars("cost", max(float(each["effective_cost"]) for each in found["totals"]), stack="zero"),
            "color": coloured("place", range(len(series)), colours),
            "order": {"field": "place"},
            "tooltip": tips(when=unit, name=noun, shown="cost", calls="calls"),
        },
    )
    return spec, tuple(map(Key, colours, texts))


def _through(unit: str, first: str, last: str) -> Iterator[str]:
    """Every day, week or month from the first to the last."""
    start = date.fromisoformat(first)
    while start.isoformat() <= last:
        yield start.isoformat()
        step = {"day": 1, "week": 7, "month": 32}[unit]
        start += timedelta(days=step)
        start = start.replace(day=1) if unit == "month" else start


def pareto(curves: Sequence[Document], nouns: Mapping[str, str]) -> tuple[Spec, tuple[Key, ...]]:
    """Share of the cost against share of the items, dearest first, one line per kind of item."""
    names = [nouns[curve["of"]] for curve in curves]
    colours = SERIES_COLOURS[: len(names)]
    values = [
        {
            "of": nouns[curve["of"]],
            "items": point["items_share"],
            "cost": point["cost_share"],
            "said": f"{percent(point['items_share'])} ({point['items']:,})",
            "costs": f"{percent(point['cost_share'])} ({money(point['cost'])})",
        }
        for curve in curves
        for point in [{"items": 0, "items_share": 0.0, "cost": "0", "cost_share": 0.0}, *curve["points"]]
    ]
    place: dict[str, Any] = {
        "x": percents("items", "share of them, dearest first", grid=False),
        "y": percents("cost", None),
        "color": coloured("of", names, colours),
    }
    hover = {**place, "tooltip": tips(of="of", said="the dearest", costs="make")}
    return (
        {
            **base(280),
            "data": {"values": values},
            "layer": [
                {
                    "data": {"values": [{"at": 0.8}]},
                    "mark": {"type": "rule", "color": "var(--muted)", "strokeDash": [3, 4]},
                    "encoding": {"y": {"field": "at", "type": "quantitative"}},
                },
                {"mark": {"type": "line", "strokeWidth": 2.5, "interpolate": "monotone"}, "encoding": place},
                {"mark": {"type": "point", "opacity": 0, "size": 150, "filled": True}, "encoding": hover},
            ],
        },
        tuple(map(Key, colours, names)),
    )


def split(parts: Sequence[Document], names: Mapping[str, str]) -> tuple[Spec, tuple[Key, ...]]:
    """What the money was paid for, as one bar."""
    kept = [part for part in parts if Decimal(part["effective_cost"]) > 0]
    colours = SERIES_COLOURS[: len(kept)]
    values = [
        {
            "place": place,
            "name": names[part["part"]],
            "cost": float(part["effective_cost"]),
            "shown": f"{money(part['effective_cost'])} ({percent(part['share'])})",
        }
        for place, part in enumerate(kept)
    ]
    spec = chart(
        34,
        values,
        mark={"type": "bar", "height": 30},
        encoding={
            "x": {"field": "cost", "type": "quantitative", "stack": "normalize", "axis": None},
            "color": coloured("place", range(len(kept)), colours),
            "order": {"field": "place"},
            "tooltip": tips(name="for", shown="cost"),
        },
    )
    legend = [f"{names[part['part']]} {percent(part['share'])}" for part in kept]
    return spec, tuple(map(Key, colours, legend))
