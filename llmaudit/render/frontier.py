"""Cost against quality in each of the forms an answer takes."""

import csv
import io
import textwrap
from typing import Any

from llmaudit.levers.frontier import Frontier, Point
from llmaudit.money import plain, shown
from llmaudit.render import json
from llmaudit.render.formats import Format
from llmaudit.render.names import markdown_cell, printable
from llmaudit.render.sentences import percent
from llmaudit.words import count

_HEADINGS = ("moved", "calls", "cost", "saving", "share", "quality", "95 % interval", "")


def rendered(found: Frontier, form: Format) -> str:
    """The frontier in that form."""
    match form:
        case Format.JSON:
            return json.document(as_dict(found))
        case Format.CSV:
            return _csv(found)
        case Format.MARKDOWN:
            rows = [tuple(map(markdown_cell, row)) for row in (_HEADINGS, *_rows(found))]
            lines = [f"| {' | '.join(row)} |" for row in (rows[0], ("---:",) * 7 + ("---",), *rows[1:])]
            return "\n".join([f"**{markdown_cell(_headline(found))}**", "", *lines, *_below(found)])
        case Format.TABLE:
            from llmaudit.render.terminal import Screen

            return _table(found, Screen.of_stdout().width)


def as_dict(found: Frontier) -> dict[str, Any]:
    """What JSON carries: money as strings of dollars, shares from 0 to 1; quality is null where it is unevaluated."""
    return {
        "schema": "llmaudit/frontier/1",
        "step": found.step,
        "to": found.to,
        "score": found.score,
        "calls": found.calls,
        "baseline_cost": plain(found.baseline_cost),
        "points": [_point(found, point) for point in found.points],
        "unevaluated": [float(point.share) for point in found.points if point.quality is None],
        "warnings": list(found.warnings),
    }


def _point(found: Frontier, point: Point) -> dict[str, Any]:
    saving = found.baseline_cost - point.projected_cost
    return {
        "share": float(point.share),
        "moved_calls": point.moved_calls,
        "projected_cost": plain(point.projected_cost),
        "saving": plain(saving),
        "saving_share": float(saving / found.baseline_cost) if found.baseline_cost else None,
        "quality": point.quality,
        "low": point.low,
        "high": point.high,
        "dominated_by": None if point.dominated_by is None else float(point.dominated_by),
    }


def _csv(found: Frontier) -> str:
    out = io.StringIO()
    rows = [_point(found, point) for point in found.points]
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().rstrip("\n")


def _rows(found: Frontier) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for point in found.points:
        saving = found.baseline_cost - point.projected_cost
        interval = "" if point.low is None or point.high is None else f"{point.low:.4f}…{point.high:.4f}"
        rows.append(
            (
                *(f"{point.share:.0%}", f"{point.moved_calls:,}", shown(point.projected_cost), shown(saving)),
                percent(float(saving / found.baseline_cost) if found.baseline_cost else None),
                "unevaluated" if point.quality is None else f"{point.quality:.4f}",
                interval,
                "" if point.dominated_by is None else f"dominated by {point.dominated_by:.0%}",
            )
        )
    return rows


def _headline(found: Frontier) -> str:
    score = found.score or "no score named"
    return (
        f"{count(found.calls, 'call')} with a known cost; {found.step} to {printable(found.to)}: "
        f"cost of the whole plan against {score}."
    )


def _table(found: Frontier, width: int) -> str:
    rows = [_HEADINGS, *_rows(found)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEADINGS))]
    lines = ["  ".join(cell.rjust(room) for cell, room in zip(row[:-1], widths, strict=False)) for row in rows]
    marked = [f"{line}  {row[-1]}".rstrip() for line, row in zip(lines, rows, strict=True)]
    below = [line for text in _below(found) for line in (textwrap.wrap(text, width, subsequent_indent="  ") or [""])]
    return "\n".join([*textwrap.wrap(_headline(found), width), "", *marked, *below])


def _below(found: Frontier) -> list[str]:
    unevaluated = [f"{point.share:.0%}" for point in found.points if point.quality is None]
    lines = []
    if len(unevaluated) == len(found.points):
        lines.append("unevaluated, every split: nothing is scored")
    elif unevaluated:
        lines.append(f"unevaluated, as not all that they concern is scored: {', '.join(unevaluated)}")
    elif not any(point.dominated_by is not None for point in found.points):
        lines.append("No split is dominated: none is surely better and costs no more.")
    lines += [f"warning: {printable(warning)}" for warning in found.warnings]
    return ["", *lines] if lines else []
