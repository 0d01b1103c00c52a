"""A breakdown in a terminal: a table with bars that can be compared at a glance, and the sentences around it."""

import io
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from llmaudit.analyses.breakdown import Breakdown
from llmaudit.render import sentences
from llmaudit.render.rows import Row, aligned, compact, costs, in_order_of_time, rows
from llmaudit.render.sentences import percent

_EIGHTHS = " ▏▎▍▌▋▊▉"
_TELLING_NAME = 24
"""Columns by which a name that is cut can mostly still be told from others."""
_SHORTEST_BAR = 10
_STUMP = 4
"""What is left of a bar where names would be cut otherwise."""
_GAP = 2


@dataclass(frozen=True, slots=True)
class Screen:
    """Where text goes: how many columns wide, and whether colours are welcome."""

    width: int
    colour: bool

    @classmethod
    def of_stdout(cls) -> "Screen":
        """Standard output: colours only on a terminal, and not under NO_COLOR (no-color.org) or TERM=dumb."""
        wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return cls(max(40, shutil.get_terminal_size((80, 24)).columns), wanted and sys.stdout.isatty())


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of numbers: its heading and one text per row."""

    heading: str
    texts: list[str]
    style: str = ""

    @property
    def width(self) -> int:
        return max(len(text) for text in [self.heading, *self.texts])


def breakdown(found: Breakdown, screen: Screen) -> str:
    """The table with what it says in words above and below it."""
    said: list[Sequence[str | Text | Table]] = [
        [Text(sentences.header(found), style="bold")],
        [_table(found, screen.width)],
        sentences.concentration(found),
        _split(found, screen.width),
        sentences.notes(found),
    ]
    return printed(said, screen)


def printed(blocks: Sequence[Sequence[str | Text | Table]], screen: Screen) -> str:
    """Blocks of lines with an empty line between them; those without lines are left out."""
    out = io.StringIO()
    console = Console(
        file=out,
        width=screen.width,
        force_terminal=screen.colour,
        no_color=not screen.colour,
        color_system="standard" if screen.colour else None,
        legacy_windows=False,
    )
    for number, block in enumerate(filter(None, blocks)):
        if number:
            console.print()
        for line in block:
            console.print(Text(line) if isinstance(line, str) else line)
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip("\n").split("\n"))


def bar(share: float | None, largest: float, width: int) -> str:
    """A bar of `width` columns for the largest share and in proportion for others; something is never nothing."""
    if not share or not largest:
        return ""
    eighths = max(1, round(share / largest * width * 8))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _table(found: Breakdown, width: int) -> Table:
    lines = rows(found)
    numbers = _numbers(found, lines, width)
    names = [[dimension.name, *(row.labels[place] for row in lines)] for place, dimension in enumerate(found.by)]
    whole = sum(_wanted(names)) + _GAP * (len(names) - 1)
    # Names matter more than bars, and bars more than the running share, when the screen is narrow.
    bar_width = _fitting_bar(width, numbers, whole, _SHORTEST_BAR)
    if _room(width, numbers, bar_width) < whole:
        if not in_order_of_time(found.by):
            numbers.pop()
        bar_width = _fitting_bar(width, numbers, whole, _STUMP)
    room, without_bar = _room(width, numbers, bar_width), _room(width, numbers, 0)
    if room < whole and (whole <= without_bar or room < _TELLING_NAME * len(names)):
        bar_width, room = 0, without_bar
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold", collapse_padding=True)
    for texts, fitting in zip(names, _fitted(names, room), strict=True):
        table.add_column(Text(texts[0]), width=fitting, no_wrap=True, overflow="ellipsis")
    for column in numbers:
        table.add_column(column.heading, width=column.width, no_wrap=True, justify="right", style=column.style)
    if bar_width:
        table.add_column("", width=bar_width, no_wrap=True, style="cyan")
    largest = max((row.group.share or 0.0 for row in lines), default=0.0)
    for place, row in enumerate(lines):
        cells: list[Text] = [Text(label) for label in row.labels]
        cells += [Text(column.texts[place]) for column in numbers]
        cells += [Text(bar(row.group.share, largest, bar_width))] if bar_width else []
        table.add_row(*cells, style="dim" if row.group.others else "")
        if row.line_below:
            rest = [Rule(style="yellow") for _ in cells[1:]]
            table.add_row(Rule(Text("80 %"), align="left", style="yellow"), *rest)
    return table


def _numbers(found: Breakdown, lines: list[Row], width: int) -> list[_Column]:
    all_measures = [row.group.measures for row in lines]
    columns = [_Column("calls", [f"{each.calls:,}" for each in all_measures])]
    if width >= 100:
        columns += [
            _Column("input", [compact(each.input_tokens) for each in all_measures]),
            _Column("cached", [compact(each.cache_read_input_tokens) for each in all_measures]),
            _Column("output", [compact(each.output_tokens) for each in all_measures]),
        ]
    columns.append(_Column("cost", costs(lines), style="bold"))
    columns.append(_Column("share", [percent(row.group.share) for row in lines]))
    if not in_order_of_time(found.by):
        columns.append(_Column("running", [percent(row.group.cumulative_share) for row in lines]))
    return columns


def _fitting_bar(width: int, numbers: list[_Column], whole: int, least: int) -> int:
    """As much of a bar as leaves room for names of `whole` columns, but not less than `least`."""
    usual = _bar_width(width)
    return max(least, usual - max(0, whole - _room(width, numbers, usual)))


def _room(width: int, numbers: list[_Column], bar_width: int) -> int:
    """Columns left for names."""
    return width - sum(column.width + _GAP for column in numbers) - (bar_width + _GAP if bar_width else 0)


def _fitted(names: list[list[str]], room: int) -> list[int]:
    """A width for each column of names: what its names need, the widest giving way first when there is no room."""
    wanted = _wanted(names)
    room -= _GAP * (len(names) - 1)
    while sum(wanted) > max(room, 4 * len(names)):
        wanted[wanted.index(max(wanted))] -= 1
    return wanted


def _wanted(names: list[list[str]]) -> list[int]:
    return [max(cell_len(text) for text in texts) for texts in names]


def _bar_width(width: int) -> int:
    return min(30, max(_SHORTEST_BAR, width // 5))


def _split(found: Breakdown, width: int) -> list[Text]:
    parts = [part for part in found.split if part.effective_cost]
    if not parts:
        return []
    largest = max(part.share or 0.0 for part in parts)
    amounts = aligned([part.effective_cost for part in parts])
    named = [sentences.PART_NAMES[part.part] for part in parts]
    lines = []
    for part, name, amount in zip(parts, named, amounts, strict=True):
        line = Text(f"{name:<{max(map(len, named))}}  {amount:>{max(map(len, amounts))}}  {percent(part.share):>7}  ")
        lines.append(line.append(bar(part.share, largest, _bar_width(width)), style="cyan"))
    return lines
