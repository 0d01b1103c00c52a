"""The rows of a breakdown as people read them: labels, order, and where the 80 % line goes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from llmaudit.analyses.breakdown import Breakdown, Group
from llmaudit.analyses.dimensions import Dimension
from llmaudit.analyses.tabular import key_of
from llmaudit.model import Measures
from llmaudit.money import shown
from llmaudit.render.formats import Format
from llmaudit.render.names import printable

_ROWS = 25
_UNITS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))


@dataclass(frozen=True, slots=True)
class Row:
    """A group with its labels, and whether the 80 % line is drawn below it."""

    labels: tuple[str, ...]
    group: Group
    line_below: bool


def usual_top(by: tuple[Dimension, ...], form: Format) -> int | None:
    """How many groups are shown unless --top says so: what fits a screen in a table, and all of them as data."""
    return _ROWS if form is Format.TABLE and not in_order_of_time(by) else None


def in_order_of_time(by: tuple[Dimension, ...]) -> bool:
    """Whether people expect the rows in the order of the calendar rather than dearest first."""
    return len(by) == 1 and by[0].in_time


def rows(found: Breakdown) -> list[Row]:
    """The rows in the order they are read: by time where that is all they are grouped by, else dearest first."""
    groups: Iterable[Group] = found.groups
    line = found.groups_for_80_percent
    if in_order_of_time(found.by):
        groups = sorted(groups, key=lambda group: (group.others, group.key[0] is None, str(group.key[0])))
        line = None
    if line == len(found.groups):
        line = None
    return [Row(_labels(found.by, group), group, place == line) for place, group in enumerate(groups, start=1)]


def costs(lines: list[Row]) -> list[str]:
    """The cost of each row, aligned, or that it is unknown: for want of a price, or of tokens to count it by."""
    every = [row.group.measures for row in lines]
    amounts = aligned([each.effective_cost for each in every])
    return [
        text if each.calls != each.unpriced_calls else "no price" if _tokens(each) else "unknown"
        for each, text in zip(every, amounts, strict=True)
    ]


def _tokens(each: Measures) -> int:
    """All that are known of."""
    return each.input_tokens + each.cache_read_input_tokens + each.cache_creation_input_tokens + each.output_tokens


def aligned(amounts: Sequence[Decimal]) -> list[str]:
    """Amounts with the same number of decimals, so that a column of them can be compared; too little is `<$0.01`."""
    largest = max((abs(amount) for amount in amounts), default=Decimal(0))
    _, _, decimals = shown(largest).partition(".")
    smallest = Decimal(1).scaleb(-len(decimals))
    return [
        f"<${smallest:f}"
        if 0 < amount < smallest / 2
        else f"{'-' if amount < 0 else ''}${abs(amount):,.{len(decimals)}f}"
        for amount in amounts
    ]


def compact(number: int) -> str:
    """A count in three digits: 27, 4.59k, 102G."""
    for size, unit in _UNITS:
        if number >= size:
            scaled = number / size
            return (
                f"{scaled:.2f}{unit}"
                if scaled < 10
                else f"{scaled:.1f}{unit}"
                if scaled < 100
                else f"{scaled:.0f}{unit}"
            )
    return str(number)


def _labels(by: tuple[Dimension, ...], group: Group) -> tuple[str, ...]:
    if group.others:
        return (f"{group.others:,} other{'' if group.others == 1 else 's'}", *("" for _ in by[1:]))
    return tuple(
        dimension.unnamed if name is None else printable(name) if name else "(empty)"
        for dimension, name in zip(by, key_of(by, group).values(), strict=True)
    )
