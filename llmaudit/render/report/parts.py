"""What a section of a report is made of, ready to be written as HTML or as Markdown: plain text, nothing escaped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from llmaudit.render.rows import aligned
from llmaudit.render.sentences import percent
from llmaudit.replay.durations import shown_seconds

Spec = Mapping[str, Any]
"""A Vega-Lite specification."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: what a person reads, and the value behind it as the JSON answer has it, by which columns are sorted.

    `bar` is a share from 0 to 1 drawn behind a number; None draws none.
    """

    text: str
    value: str | int | float | None = None
    bar: float | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; `is_name` is text from the logs or ours, everything else is a number and stands to the right."""

    title: str
    is_name: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings. `folded` tables are shown when asked for; a line is drawn below the row of `line_below`."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    folded: bool = False
    line_below: int | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """An entry of a legend: a colour of the style sheet, and what it stands for."""

    colour: str
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, what it shows in words, and its legend. The table of the same numbers stands below it."""

    id: str
    title: str
    description: str
    spec: Spec
    legend: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report: what it says first, then what shows it; `listing` is a file quoted as it is."""

    id: str
    title: str
    lead: str
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    listing: str | None = None


def names(texts: Sequence[str]) -> list[Cell]:
    """A column of names."""
    return [Cell(text, text) for text in texts]


def counts(numbers: Sequence[int | None]) -> list[Cell]:
    """A column of counts; unknown is a dash."""
    return [Cell("–", None) if number is None else Cell(f"{number:,}", number) for number in numbers]


def amounts(dollars: Sequence[str | None]) -> list[Cell]:
    """A column of amounts with the same number of decimals; unknown is a dash."""
    texts = iter(aligned([Decimal(amount) for amount in dollars if amount is not None]))
    return [Cell("–", None) if amount is None else Cell(next(texts), amount) for amount in dollars]


def shares(parts: Sequence[float | None], *, bars: bool = False) -> list[Cell]:
    """A column of shares, with a bar behind each if asked for; the longest bar is the largest share."""
    largest = max((abs(part) for part in parts if part is not None), default=0.0) or 1.0
    return [Cell(percent(part), part, abs(part) / largest if bars and part is not None else None) for part in parts]


def durations(seconds: Sequence[float | None], marks: Sequence[str] = ()) -> list[Cell]:
    """A column of durations, each with its mark if there are marks; what nobody knows is a dash."""
    marked = zip(seconds, marks or [""] * len(seconds), strict=True)
    return [Cell(shown_seconds(each) + mark, each) for each, mark in marked]


def table(
    caption: str,
    columns: Mapping[str, Sequence[Cell]],
    *,
    names_in: Sequence[str] = (),
    folded: bool = False,
    line_below: int | None = None,
) -> Table:
    """A table of columns by heading; `names_in` are the headings of columns of names."""
    headings = tuple(Column(title, title in names_in) for title in columns)
    return Table(caption, headings, tuple(zip(*columns.values(), strict=True)), folded, line_below)
