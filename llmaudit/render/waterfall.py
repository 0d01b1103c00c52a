"""A waterfall in words, for people: the table of a terminal, and Markdown."""

import textwrap
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from llmaudit.levers.answer import Step, Waterfall
from llmaudit.levers.lever import IN_WORDS, Basis
from llmaudit.money import shown
from llmaudit.render.names import markdown_cell, printable
from llmaudit.render.scale import DAYS_OF_A_MONTH, factor_to_a_month, scaled
from llmaudit.render.sentences import percent
from llmaudit.render.terminal import bar
from llmaudit.words import count, counted

_HEADINGS = ("step", "calls", "after", "saving", "share", "95 % of days", "basis")
_LEFT = {0, 6}
_SHARE_HEADINGS = ("step", "in this order", "alone", "in any order")
_WHOLE_DOLLARS_FROM = 10_000
_LONGEST_BAR, _SHORTEST_BAR = 24, 8


class Words:
    """What a waterfall says, amount by amount, at the scale that was asked for."""

    def __init__(self, found: Waterfall, scale_to: Decimal | None) -> None:
        self.scale_to = scale_to
        self.found = found if scale_to is None else scaled(found, factor_to_a_month(found, scale_to))

    def money(self, amount: Decimal) -> str:
        """The amount: without cents where the whole is so large that they only hide it."""
        if abs(self.found.baseline_cost) >= _WHOLE_DOLLARS_FROM:
            return f"{'-' if round(amount) < 0 else ''}${abs(amount):,.0f}"
        return shown(amount)

    @property
    def headline(self) -> str:
        """The answer in a sentence."""
        found = self.found
        share = _less(found.saving, found.baseline_cost)
        calls = count(found.calls, "call")
        if found.unpriced_calls:
            calls = f"{found.calls:,} of {count(found.calls + found.unpriced_calls, 'call')} with a known cost"
        if self.scale_to is not None:
            return (
                f"{calls}, scaled to {self.money(found.baseline_cost)} a month: "
                f"{self.money(found.projected_cost)} after this plan ({share})."
            )
        cost = f": {shown(found.baseline_cost)}" if found.unpriced_calls else f" cost {shown(found.baseline_cost)}"
        if not found.baseline_cost and not found.saving:
            return f"{calls}{cost}; there is nothing to save."
        monthly = shown(round(abs(found.saving) * factor_to_a_month(found, None), 2))
        change = f"{share}; {monthly} {'more' if found.saving < 0 else 'less'} a month".removeprefix("; ")
        return f"{calls}{cost}; with this plan {shown(found.projected_cost)} ({change})."

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """The baseline, then one row per step, under _HEADINGS."""
        rows: list[tuple[str, ...]] = [("baseline", "", self.money(self.found.baseline_cost), "", "", "", "")]
        for step in self.found.steps:
            known = step.low is not None and step.high is not None
            rows.append(
                (
                    *(step.name, f"{step.calls_changed:,}", self.money(step.cost_after), self.money(step.saving)),
                    percent(float(step.saving / step.cost_before) if step.cost_before else None),
                    f"{self.money(step.low)}…{self.money(step.high)}" if known else "",  # type: ignore[arg-type]
                    _weakest(step),
                )
            )
        return rows

    @property
    def share_rows(self) -> list[tuple[str, ...]]:
        """One row per step under _SHARE_HEADINGS, and their sums; none where nobody asked."""
        rows = [
            (step.name, *map(self.money, (step.saving, share.standalone_saving, share.shapley_saving)))
            for step, share in zip(self.found.steps, self.found.shares, strict=True)
            if share is not None
        ]
        return [*rows, ("together", self.money(self.found.saving), "", self.money(self.found.saving))] if rows else []

    @property
    def limits(self) -> list[str]:
        """What is in neither cost, and what one day cannot say."""
        found = []
        if calls := self.found.unpriced_calls:
            left_out = counted(calls, "call without a known cost is", "calls without a known cost are")
            found.append(f"{left_out} left out.")
        if all(step.low is None for step in self.found.steps):
            month = "" if self.scale_to is not None else f"a month is {DAYS_OF_A_MONTH} times these calls, and "
            found.append(
                f"No calls of a second day: {month}there is no range of what other days would have made of it."
            )
        return found

    def facts(self, step: Step) -> list[str]:
        """What is behind a step: its sentences, then its numbers in one.

        What is nothing, unknown or a list is left to the other forms.
        """
        numbers = filter(None, (self._fact(name.replace("_", " "), value) for name, value in step.facts.items()))
        return [*filter(None, (*map(printable, step.facts.get(IN_WORDS, ())), " · ".join(numbers)))]

    def _fact(self, name: str, value: Any) -> str:
        match value:
            case bool() | None | 0:
                return ""
            case int():
                return f"{name} {value:,}"
            case float():
                return f"{name} {percent(value)}" if name.endswith("share") else f"{name} {value:g}"
            case Decimal():
                return f"{name} {self.money(value)}"
            case Mapping():
                known = [(printable(str(key)), part) for key, part in value.items() if part is not None]
                parts = [
                    f"{key} {self.money(part) if isinstance(part, Decimal) else _number(part)}" for key, part in known
                ]
                return f"{name} ({', '.join(parts)})" if parts else ""
            case str():
                return f"{name} {printable(value)}"
        return ""


def table(words: Words, width: int) -> str:
    """The table for a terminal of that width, with bars where there is room, and below it what is behind the steps."""
    rows = words.rows
    widths = _widths((_HEADINGS, *rows))
    room = min(_LONGEST_BAR, width - sum(widths) - 2 * len(widths))
    costs = [words.found.baseline_cost, *(step.cost_after for step in words.found.steps)]
    lines = [_aligned(_HEADINGS, widths, _LEFT)]
    for row, cost in zip(rows, costs, strict=True):
        drawn = bar(float(cost) if cost > 0 else None, float(max(costs)), room) if room >= _SHORTEST_BAR else ""
        lines.append(f"{_aligned(row, widths, _LEFT)}  {drawn}")
    steps = words.found.steps
    facts = [line for step in steps for line in _behind(step.name, words.facts(step), width)]
    warnings = [f"warning: {step.name}: {printable(warning)}" for step in steps for warning in step.warnings]
    blocks = [
        wrapped([words.headline], width, 0),
        lines,
        _shares(words),
        facts,
        wrapped(words.limits + warnings, width),
    ]
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block)


def markdown(words: Words) -> str:
    """The tables, then every warning, and folded away every fact and the parts of the basis."""
    lines = [f"**{words.headline}**", ""]
    lines += _markdown_table(_HEADINGS, words.rows, _LEFT)
    if words.share_rows:
        lines += ["", *_markdown_table(_SHARE_HEADINGS, words.share_rows, {0})]
    lines += ["", *words.limits] if words.limits else []
    said = [(step.name, warning) for step in words.found.steps for warning in step.warnings]
    lines += ["", *(f"- **{name}**: {markdown_cell(warning)}" for name, warning in said)] if said else []
    lines += ["", "<details><summary>What each step rests on</summary>", ""]
    for step in words.found.steps:
        parts = ", ".join(f"{basis.value} {words.money(step.basis[basis])}" for basis in Basis)
        lines.append(f"- **{step.name}**: {parts}")
        lines += [line for name, value in step.facts.items() for line in _fact_lines(words, name, value)]
    return "\n".join([*lines, "", "</details>"])


def _behind(name: str, facts: list[str], width: int) -> list[str]:
    """The name of a step, and under it each fact from a line of its own on."""
    return [name, *(f"  {line}" for line in wrapped(facts, width - 2))] if facts else []


def wrapped(paragraphs: list[str], width: int, indent: int = 2) -> list[str]:
    """Lines of at most that width, each paragraph from its second line on indented; no word is broken."""
    return [
        line
        for text in paragraphs
        for line in textwrap.wrap(text, width, subsequent_indent=" " * indent, break_on_hyphens=False)
    ]


def _weakest(step: Step) -> str:
    """What the saving rests on, by the weakest part of it."""
    found = [basis.value for basis in Basis if step.basis[basis]]
    return "" if not found else found[0] if len(found) == 1 else f"part {found[-1]}"


def _less(saving: Decimal, baseline: Decimal) -> str:
    """The saving as a share; nothing where there is no cost to share."""
    if not baseline:
        return ""
    return f"{percent(float(abs(saving) / baseline))} {'more' if saving < 0 else 'less'}"


def _shares(words: Words) -> list[str]:
    rows = words.share_rows
    if not rows or words.found.attribution is None:
        return []
    widths = _widths((_SHARE_HEADINGS, *rows))
    intro = f"What each step saves (in any order: its Shapley value; {words.found.attribution.replays} replays)"
    return [intro, *(_aligned(row, widths, {0}) for row in (_SHARE_HEADINGS, *rows))]


def _widths(rows: tuple[tuple[str, ...], ...]) -> list[int]:
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def _aligned(cells: tuple[str, ...], widths: list[int], left: set[int]) -> str:
    return "  ".join(
        cell.ljust(width) if place in left else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )


def _markdown_table(headings: tuple[str, ...], rows: list[tuple[str, ...]], left: set[int]) -> list[str]:
    ruler = tuple("---" if place in left else "---:" for place in range(len(headings)))
    return [f"| {' | '.join(row)} |" for row in (headings, ruler, *rows)]


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else printable(str(value))


def _fact_lines(words: Words, name: str, value: Any) -> list[str]:
    """A fact in full, as a point of its step: sentences, a table of what has several sides, or a value."""
    if name == IN_WORDS:
        return [f"  - {markdown_cell(sentence)}" for sentence in value]
    label = f"  - {name.replace('_', ' ')}:"
    if isinstance(value, list | tuple) and value and all(isinstance(one, Mapping) for one in value):
        keys = list(dict.fromkeys(key for one in value for key in one))
        headings = tuple(key.replace("_", " ") for key in keys)
        rows = [tuple("–" if one.get(key) is None else _whole(words, key, one[key]) for key in keys) for one in value]
        left = {place for place, key in enumerate(keys) if any(isinstance(one.get(key), str) for one in value)}
        return [label, "", *(f"    {line}" for line in _markdown_table(headings, rows, left)), ""]
    return [f"{label} {_whole(words, name, value)}"]


def _whole(words: Words, name: str, value: Any) -> str:
    """A value as people read it."""
    match value:
        case None:
            return "unknown"
        case Decimal():
            return words.money(value)
        case float() if name.endswith("share"):
            return percent(value)
        case float():
            return f"{value:.4g}"
        case Mapping():
            return ", ".join(f"{markdown_cell(str(key))} {_whole(words, name, part)}" for key, part in value.items())
        case list() | tuple():
            return ", ".join(_whole(words, name, part) for part in value) or "none"
    return markdown_cell(_number(value))
