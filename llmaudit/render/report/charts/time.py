"""Charts of how long answers took and when calls failed."""

from collections.abc import Sequence

from llmaudit.render.report.charts.base import base, chart, coloured, in_time, labels, tips, when
from llmaudit.render.report.parts import Key, Spec
from llmaudit.render.report.sentences import Document, named
from llmaudit.replay.durations import shown_seconds
from llmaudit.words import count

STATUSES = {
    "error": "var(--series-6)",
    "timeout": "var(--series-2)",
    "rate_limited": "var(--series-1)",
    "cancelled": "var(--series-other)",
}


def latency(noun: str, groups: Sequence[Document]) -> tuple[Spec, tuple[Key, ...]]:
    """The median and P95 of each group, joined by a line; P99 where there are enough calls to tell."""
    marks = {"p50_seconds": "median", "p95_seconds": "P95", "p99_seconds": "P99"}
    colours = ["var(--series-1)", "var(--series-2)", "var(--series-6)"]
    points = [
        {
            "name": named(noun, group["key"]),
            "what": text,
            "at": group[field],
            "shown": shown_seconds(group[field]),
            "calls": f"{group['timed_calls']:,}",
        }
        for group in groups
        for field, text in marks.items()
        if group[field] is not None
    ]
    spans = [
        {"name": named(noun, group["key"]), "from": min(known), "to": max(known)}
        for group in groups
        if (known := [group[field] for field in marks if group[field] is not None])
    ]
    seconds = {"type": "quantitative", "axis": {"title": "seconds", "tickCount": 6}, "scale": {"zero": True}}
    return (
        {
            **base(30 * len(spans) + 10),
            "encoding": {"y": labels("name", [span["name"] for span in spans])},
            "layer": [
                {
                    "data": {"values": spans},
                    "mark": {"type": "rule", "color": "var(--line-strong)", "strokeWidth": 3},
                    "encoding": {"x": {"field": "from", **seconds}, "x2": {"field": "to"}},
                },
                {
                    "data": {"values": points},
                    "mark": {"type": "point", "filled": True, "opacity": 1, "size": 90},
                    "encoding": {
                        "x": {"field": "at", **seconds},
                        "color": coloured("what", list(marks.values()), colours),
                        "tooltip": tips(name=noun, what="percentile", shown="took", calls="of calls"),
                    },
                },
            ],
        },
        tuple(map(Key, colours, marks.values())),
    )


def failures(found: Document, span: tuple[str, str]) -> tuple[Spec, tuple[Key, ...]]:
    """How many calls failed, by hour and by how they failed, over the whole `span` of the report."""
    values = [
        {
            "start": each["start"],
            "when": when(each["start"]),
            "status": status.replace("_", " "),
            "failed": each[status],
            "of": f"{each[status]:,} of {count(each['calls'], 'call')}",
        }
        for each in found["stretches"]
        if each["start"] is not None
        for status in STATUSES
        if each[status]
    ]
    used = [status for status in STATUSES if any(value["status"] == status.replace("_", " ") for value in values)]
    texts, colours = [status.replace("_", " ") for status in used], [STATUSES[status] for status in used]
    first = min([span[0], *(value["start"] for value in values)])
    x = in_time(found["unit"]) | {"scale": {"type": "utc", "domain": [first, span[1]]}}
    spec = chart(
        140,
        values,
        mark={"type": "bar", "size": 4},
        encoding={
            "x": x,
            "y": {
                "field": "failed",
                "type": "quantitative",
                "stack": "zero",
                "axis": {"title": "failed calls", "tickCount": 4, "tickMinStep": 1},
            },
            "color": coloured("status", texts, colours),
            "tooltip": tips(when=found["unit"], status="failed by", of="calls"),
        },
    )
    return spec, tuple(map(Key, colours, texts))
