"""The waterfall."""

from decimal import Decimal
from typing import Any

from llmaudit.render.report.charts.base import base, coloured, dollars, labels, tips
from llmaudit.render.report.parts import Key, Spec
from llmaudit.render.report.sentences import Document, money
from llmaudit.render.sentences import percent


def waterfall(found: Document) -> tuple[Spec, tuple[Key, ...]]:
    """From what it cost to what it would have cost, step by step, with the range of other days as a line."""
    baseline, projected = found["baseline_cost"], found["projected_cost"]
    values = [_whole("as it was", baseline)]
    values += [_stepped(step) for step in found["steps"]]
    values += [_whole("with the plan", projected)]
    texts = ["cost", "saving, measured", "saving, in part estimated or assumed", "costs more"]
    colours = ["var(--series-1)", "var(--good)", "var(--good-soft)", "var(--bad)"]
    used = [text for text in texts if any(value["kind"] == text for value in values)]
    # The labels stand to the right of the bars, the longest of them beside the longest bar.
    room = {"padding": {"left": 5, "top": 5, "bottom": 5, "right": 8 * max(len(value["label"]) for value in values)}}
    x = dollars("from", max(value["end"] for value in values))
    return (
        {
            **base(38 * len(values)),
            **room,
            "data": {"values": values},
            "encoding": {"y": labels("name", [value["name"] for value in values])},
            "layer": [
                {
                    "mark": {"type": "bar", "height": 22, "cornerRadius": 1},
                    "encoding": {
                        "x": x,
                        "x2": {"field": "to"},
                        "color": coloured("kind", texts, colours),
                        "tooltip": tips(
                            name="step", cost="cost after", saving="saving", range="95 % of days", basis="basis"
                        ),
                    },
                },
                {
                    "transform": [{"filter": "isValid(datum.low)"}],
                    "mark": {"type": "rule", "color": "var(--ink)", "strokeWidth": 1.5},
                    "encoding": {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}},
                },
                {
                    "mark": {"type": "text", "align": "left", "dx": 8, "color": "var(--ink)", "fontSize": 12},
                    "encoding": {"x": {"field": "end", "type": "quantitative"}, "text": {"field": "label"}},
                },
            ],
        },
        tuple(Key(colour, text) for colour, text in zip(colours, texts, strict=True) if text in used),
    )


def _whole(name: str, cost: str) -> dict[str, Any]:
    return {
        "name": name,
        "from": 0.0,
        "to": float(cost),
        "end": float(cost),
        "label": money(cost),
        "kind": "cost",
        "cost": money(cost),
    }


def _stepped(step: Document) -> dict[str, Any]:
    before, after, saving = (Decimal(step[name]) for name in ("cost_before", "cost_after", "saving"))
    measured = all(not Decimal(amount) for basis, amount in step["basis"].items() if basis != "measured")
    low, high = step["low"], step["high"]
    ranged = None if low is None else {"low": float(before - Decimal(high)), "high": float(before - Decimal(low))}
    said = "" if low is None else f"{money(low)} to {money(high)}"
    return {
        "name": step["name"],
        "from": float(before),
        "to": float(after),
        "end": float(max(before, after)) if ranged is None else max(float(before), float(after), ranged["high"]),
        "label": f"{'−' if saving > 0 else '+'}{money(str(abs(saving)))}",
        "kind": "costs more"
        if saving < 0
        else "saving, measured"
        if measured
        else "saving, in part estimated or assumed",
        "cost": money(step["cost_after"]),
        "saving": f"{money(step['saving'])} ({percent(step['saving_share'])})",
        "range": said,
        "basis": ", ".join(basis for basis, amount in step["basis"].items() if Decimal(amount)),
        **(ranged or {}),
    }
