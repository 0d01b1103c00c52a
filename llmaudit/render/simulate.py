"""A waterfall in each of the forms an answer takes."""

import csv
import io
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from llmaudit.levers.lever import Basis
from llmaudit.levers.waterfall import Step, Waterfall
from llmaudit.money import plain, shown
from llmaudit.render import json
from llmaudit.render.formats import Format
from llmaudit.render.sentences import percent

DAYS_OF_A_MONTH = Decimal("30.4375")
_BAR = 24
_EIGHTHS = " ▏▎▍▌▋▊▉"


def rendered(found: Waterfall, form: Format, scale_to: Decimal | None = None) -> str:
    """The waterfall in that form; `scale_to` is what a month of the baseline is taken to cost."""
    match form:
        case Format.JSON:
            return json.document(as_dict(found, scale_to))
        case Format.CSV:
            return _csv(found)
        case Format.MARKDOWN:
            return _markdown(found, scale_to)
        case Format.TABLE:
            return _table(found, scale_to)


def as_dict(found: Waterfall, scale_to: Decimal | None = None) -> dict[str, Any]:
    """What JSON carries: money as strings of dollars, shares from 0 to 1."""
    return {
        "schema": "llmaudit/simulate/1",
        "calls": found.calls,
        "unpriced_calls": found.unpriced_calls,
        **_totals(found, Decimal(1)),
        "monthly": _totals(found, _factor(found, scale_to)),
        "steps": [_step(step) for step in found.steps],
    }


def _factor(found: Waterfall, scale_to: Decimal | None) -> Decimal:
    """What the totals are multiplied with to speak of a month."""
    if scale_to is None or not found.baseline_cost:
        return DAYS_OF_A_MONTH / found.days
    return scale_to / found.baseline_cost


def _totals(found: Waterfall, factor: Decimal) -> dict[str, Any]:
    return {
        "baseline_cost": _scaled(found.baseline_cost, factor),
        "projected_cost": _scaled(found.projected_cost, factor),
        "saving": _scaled(found.saving, factor),
        "saving_share": _share(found.saving, found.baseline_cost),
    }


def _scaled(amount: Decimal, factor: Decimal) -> str:
    return plain(amount if factor == 1 else round(amount * factor, 12))


def _share(part: Decimal, whole: Decimal) -> float | None:
    return float(part / whole) if whole else None


def _step(step: Step) -> dict[str, Any]:
    return {
        "lever": step.lever,
        "name": step.name,
        "cost_before": plain(step.cost_before),
        "cost_after": plain(step.cost_after),
        "saving": plain(step.saving),
        "saving_share": _share(step.saving, step.cost_before),
        "calls_changed": step.calls_changed,
        "low": None if step.low is None else plain(step.low),
        "high": None if step.high is None else plain(step.high),
        "basis": {basis.value: plain(step.basis[basis]) for basis in Basis},
        "facts": _plain(step.facts),
        "warnings": list(step.warnings),
    }


def _plain(value: Any) -> Any:
    """A fact as JSON carries it."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


def _csv(found: Waterfall) -> str:
    out = io.StringIO()
    nested = {"basis", "facts", "warnings"}
    names = [name for name in _step(found.steps[0]) if name not in nested] if found.steps else []
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*names, *(basis.value for basis in Basis)])
    for step in found.steps:
        row = _step(step)
        writer.writerow([*(row[name] for name in names), *row["basis"].values()])
    return out.getvalue().rstrip("\n")


def _rows(found: Waterfall, factor: Decimal) -> list[tuple[str, ...]]:
    def money(amount: Decimal) -> str:
        return shown(round(amount * factor, 12))

    def range_of(step: Step) -> str:
        return "" if step.low is None or step.high is None else f"{money(step.low)} … {money(step.high)}"

    rows: list[tuple[str, ...]] = [("baseline", "", money(found.baseline_cost), "", "", "", "")]
    for step in found.steps:
        basis = ", ".join(basis.value for basis in Basis if step.basis[basis])
        share = percent(_share(step.saving, step.cost_before))
        rows.append(
            (
                step.name,
                f"{step.calls_changed:,}",
                money(step.cost_after),
                money(step.saving),
                share,
                range_of(step),
                basis,
            )
        )
    return rows


_HEADINGS = ("step", "calls", "cost after", "saving", "share", "95 % of days", "basis")


def _table(found: Waterfall, scale_to: Decimal | None) -> str:
    factor = _factor(found, scale_to) if scale_to is not None else Decimal(1)
    rows = _rows(found, factor)
    widths = [max(len(row[place]) for row in (_HEADINGS, *rows)) for place in range(len(_HEADINGS))]
    costs = [found.baseline_cost, *(step.cost_after for step in found.steps)]
    lines = [_aligned(_HEADINGS, widths)]
    lines += [f"{_aligned(row, widths)}  {_bar(cost, max(costs))}" for row, cost in zip(rows, costs, strict=True)]
    return "\n".join([_headline(found, scale_to), "", *(line.rstrip() for line in lines), *_below(found, factor)])


def _markdown(found: Waterfall, scale_to: Decimal | None) -> str:
    factor = _factor(found, scale_to) if scale_to is not None else Decimal(1)
    lines = [f"| {' | '.join(row)} |" for row in (_HEADINGS, ("---", *("---:",) * 5, "---"), *_rows(found, factor))]
    return "\n".join([f"**{_headline(found, scale_to)}**", "", *lines, *_below(found, factor)])


def _aligned(cells: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(
        cell.ljust(width) if place in {0, 6} else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )


def _bar(cost: Decimal, largest: Decimal) -> str:
    if cost <= 0 or largest <= 0:
        return ""
    eighths = max(1, round(cost / largest * _BAR * 8))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _headline(found: Waterfall, scale_to: Decimal | None) -> str:
    share = percent(_share(found.saving, found.baseline_cost))
    if scale_to is not None:
        factor = _factor(found, scale_to)
        after = shown(round(found.projected_cost * factor, 2))
        return f"{found.calls:,} calls, scaled to {shown(scale_to)} a month: {after} after this plan ({share} less)."
    monthly = shown(round(found.saving * _factor(found, None), 2))
    return (
        f"{found.calls:,} calls cost {shown(found.baseline_cost)}; with this plan {shown(found.projected_cost)} "
        f"({share} less; {monthly} less a month)."
    )


def _below(found: Waterfall, factor: Decimal) -> list[str]:
    lines = []
    if found.unpriced_calls:
        lines += ["", f"{found.unpriced_calls:,} calls without a known cost are left out."]
    for step in found.steps:
        lines += ["", *(f"{step.name}: {warning}" for warning in step.warnings)] if step.warnings else []
    return lines
