"""A breakdown in each of the forms an answer takes."""

import csv
import io
from dataclasses import asdict

from llmaudit.analyses.breakdown import Breakdown
from llmaudit.analyses.tabular import as_dict, key_of
from llmaudit.money import plain, shown
from llmaudit.render import json, sentences
from llmaudit.render.formats import Format
from llmaudit.render.names import markdown_cell, sheet_cell
from llmaudit.render.rows import costs, in_order_of_time, rows


def rendered(found: Breakdown, form: Format) -> str:
    """The breakdown in that form; the table is as wide as standard output."""
    match form:
        case Format.JSON:
            return json.document(as_dict(found))
        case Format.CSV:
            return table_of_values(found)
        case Format.MARKDOWN:
            return markdown(found)
        case Format.TABLE:
            from llmaudit.render.terminal import Screen, breakdown

            return breakdown(found, Screen.of_stdout())


def table_of_values(found: Breakdown) -> str:
    """CSV, one line per group: unrounded dollars, shares from 0 to 1, an empty field for unknown.

    `others` is how many groups a line stands for, 0 for an ordinary one. A name that a spreadsheet would run as a
    formula gets an apostrophe in front.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        [*(dimension.name for dimension in found.by), *asdict(found.total), "share", "cumulative_share", "others"]
    )
    for group in found.groups:
        measures = asdict(group.measures)
        writer.writerow(
            [
                *(None if name is None else sheet_cell(name) for name in key_of(found.by, group).values()),
                *(plain(value) if name.endswith("_cost") else value for name, value in measures.items()),
                *(group.share, group.cumulative_share, group.others),
            ]
        )
    return out.getvalue().rstrip("\n")


def markdown(found: Breakdown) -> str:
    """A Markdown table between the sentences; the 80 % line is said in bold where the running share passes it."""
    running = not in_order_of_time(found.by)
    headings = [*(markdown_cell(dimension.name) for dimension in found.by), "calls", "cost", "share"]
    headings += ["running"] if running else []
    ruler = ["---" if place < len(found.by) else "---:" for place in range(len(headings))]
    lines = [_line(headings), _line(ruler)]
    read = rows(found)
    for row, cost in zip(read, costs(read), strict=True):
        cells = [*map(markdown_cell, row.labels), f"{row.group.measures.calls:,}", cost]
        cells.append(sentences.percent(row.group.share))
        if running:
            share = sentences.percent(row.group.cumulative_share)
            cells.append(f"**{share}**" if row.line_below else share)
        lines.append(_line(cells))
    parts = [
        f"{sentences.PART_NAMES[part.part]} {shown(part.effective_cost)} ({sentences.percent(part.share)})"
        for part in found.split
        if part.effective_cost
    ]
    below = [*sentences.concentration(found), *([f"cost by kind: {'; '.join(parts)}"] if parts else [])]
    below += sentences.notes(found)
    return "\n".join(
        [
            _prose(sentences.header(found)),
            "",
            *lines,
            *(["", *(f"- {_prose(line)}" for line in below)] if below else []),
        ]
    )


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |".replace("<", "&lt;")


def _prose(sentence: str) -> str:
    return sentence.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|").replace("`", "\\`")
