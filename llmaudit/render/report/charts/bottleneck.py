"""The stages of a pipeline."""

from collections.abc import Sequence

from llmaudit.render.names import printable
from llmaudit.render.report.charts.base import SERIES_COLOURS, base, coloured, labels, percents, tips
from llmaudit.render.report.parts import Key, Spec
from llmaudit.render.report.sentences import Document
from llmaudit.render.sentences import percent
from llmaudit.replay.durations import shown_seconds

_SHARES = {"critical_path_share": "overall", "p95_critical_path_share": "slowest twentieth"}


def stages(found: Sequence[Document]) -> tuple[Spec, tuple[Key, ...]]:
    """The share of each stage in the time to an answer, overall and in the tail, in the order of the pipeline."""
    texts, colours = list(_SHARES.values()), [SERIES_COLOURS[0], SERIES_COLOURS[1]]
    values = [
        {
            "stage": printable(stage["stage"]),
            "of": text,
            "share": stage[field],
            "said": percent(stage[field]),
            "times": f"{shown_seconds(stage['p50_seconds'])} / {shown_seconds(stage['p95_seconds'])}",
        }
        for stage in found
        for field, text in _SHARES.items()
    ]
    return (
        {
            **base(44 * len(found)),
            "data": {"values": values},
            "mark": {"type": "bar", "height": {"band": 0.8}, "cornerRadiusEnd": 1},
            "encoding": {
                "y": labels("stage", [printable(stage["stage"]) for stage in found], scale={"paddingInner": 0.3}),
                "yOffset": {"field": "of", "sort": texts},
                "x": percents("share", None),
                "color": coloured("of", texts, colours),
                "tooltip": tips(stage="stage", of="of", said="share", times="median / P95"),
            },
        },
        tuple(map(Key, colours, texts)),
    )
