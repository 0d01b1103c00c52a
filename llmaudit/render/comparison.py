"""Two pipelines side by side, in each of the forms an answer takes."""

from typing import Any

from rich.text import Text

from llmaudit.render import bottleneck, bottleneck_text, json
from llmaudit.render.formats import Format
from llmaudit.render.terminal import Screen, printed
from llmaudit.replay.bottleneck import Bottleneck
from llmaudit.replay.compare import Comparison, Verdict
from llmaudit.replay.durations import shown_seconds
from llmaudit.replay.percentiles import P50, Percentile, needed
from llmaudit.words import count


def rendered(found: Comparison, form: Format) -> str:
    """The comparison in that form; CSV has the stages of both, one under the other."""
    match form:
        case Format.JSON:
            return json.document(as_dict(found))
        case Format.CSV:
            return _csv(found)
        case Format.MARKDOWN:
            return _markdown(found)
        case Format.TABLE:
            return _table(found, Screen.of_stdout())


def as_dict(found: Comparison) -> dict[str, Any]:
    """What JSON carries: the difference is the second minus the first, in seconds."""
    each = found.difference
    known = each is not None and each.low is not None
    return {
        "schema": "llmaudit/comparison/1",
        "verdict": found.verdict.value,
        "pairs": 0 if each is None else each.n,
        "left_out": found.left_out,
        "difference": {
            "p50_seconds": None if each is None else each.value,
            "interval": [each.low, each.high] if each is not None and known else None,
        },
        "first": bottleneck.as_dict(found.first),
        "second": bottleneck.as_dict(found.second),
    }


def headline(found: Comparison) -> list[str]:
    """The difference in a sentence, and what it rests on."""
    each = found.difference
    if each is None:
        return ["No query was answered by both: there is nothing to compare."]
    pairs = count(each.n, "pair")
    left = [f"Left out, as one or both were not answered: {count(found.left_out, 'pair')}."] if found.left_out else []
    if found.verdict is Verdict.NOT_ESTIMABLE:
        return [f"Whether there is a difference cannot be told from {pairs}: it takes {needed(P50)}.", *left]
    usual = shown_seconds(abs(each.value))
    interval = f"95 % interval {_signed(each.low)} to {_signed(each.high)}, {pairs}"
    match found.verdict:
        case Verdict.NO_DIFFERENCE:
            first = f"No difference that these queries show: {_signed(each.value)} ({interval})."
        case verdict:
            first = f"The second is {verdict.value} by {usual} a query ({interval})."
    return [first, *left]


def _signed(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{'−' if seconds < 0 else '+'}{shown_seconds(abs(seconds))}"


def _rows(found: Comparison) -> list[tuple[str, ...]]:
    """Percentiles of the whole for both."""

    def cells(name: str, answer: Bottleneck) -> tuple[str, ...]:
        times = answer.wall
        return name, *(_cell(each) for each in (times.p50, times.p95, times.p99))

    return [("", "p50", "p95", "p99"), cells("first", found.first), cells("second", found.second)]


def _cell(each: Percentile | None) -> str:
    return "–" if each is None else shown_seconds(each.value)


def _table(found: Comparison, screen: Screen) -> str:
    rows = _rows(found)
    widths = [max(len(row[place]) for row in rows) for place in range(4)]
    lines = [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    ]
    first, *rest = headline(found)
    top = printed([[Text(first, style="bold"), *rest], lines], screen)
    parts = [("The first", found.first), ("The second", found.second)]
    below = [f"{name}: {bottleneck_text.terminal(answer, screen, brief=True)}" for name, answer in parts]
    return "\n\n".join([top, *below])


def _markdown(found: Comparison) -> str:
    head, *rows = [f"| {' | '.join(row)} |" for row in _rows(found)]
    first, *rest = headline(found)
    table = "\n".join([head, "| --- | ---: | ---: | ---: |", *rows])
    parts = [("first", found.first), ("second", found.second)]
    below = [f"### The {name}\n\n{bottleneck.rendered(answer, Format.MARKDOWN)}" for name, answer in parts]
    return "\n\n".join([f"**{first}**", *rest, table, *below])


def _csv(found: Comparison) -> str:
    lines: list[str] = []
    for name, answer in (("first", found.first), ("second", found.second)):
        head, *rows = bottleneck.rendered(answer, Format.CSV).splitlines()
        lines += ([f"pipeline,{head}"] if not lines else []) + [f"{name},{row}" for row in rows]
    return "\n".join(lines)
