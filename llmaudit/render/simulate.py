"""A waterfall in each of the forms an answer takes."""

import csv
import io
import json as text_of
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from llmaudit.levers.answer import Share, Step, Waterfall
from llmaudit.levers.lever import Basis
from llmaudit.money import plain
from llmaudit.render import json
from llmaudit.render.formats import Format
from llmaudit.render.names import sheet_cell
from llmaudit.render.scale import factor_to_a_month, scaled


def rendered(found: Waterfall, form: Format, scale_to: Decimal | None = None) -> str:
    """The waterfall in that form; `scale_to` is what a month of the baseline is taken to cost."""
    match form:
        case Format.JSON:
            return json.document(as_dict(found, scale_to))
        case Format.CSV:
            return table_of_values(found if scale_to is None else scaled(found, factor_to_a_month(found, scale_to)))
        case Format.MARKDOWN:
            from llmaudit.render.waterfall import Words, markdown

            return markdown(Words(found, scale_to))
        case Format.TABLE:
            from llmaudit.render.terminal import Screen
            from llmaudit.render.waterfall import Words, table

            return table(Words(found, scale_to), Screen.of_stdout().width)


def as_dict(found: Waterfall, scale_to: Decimal | None = None) -> dict[str, Any]:
    """What JSON carries: money as strings of dollars, shares from 0 to 1.

    Its amounts are those of the logs, and beside them, in `monthly`, those of a month: the totals and each step's own.
    """
    share = _share(found.saving, found.baseline_cost)
    month = scaled(found, factor_to_a_month(found, scale_to))
    return {
        "schema": "llmaudit/simulate/1",
        "calls": found.calls,
        "unpriced_calls": found.unpriced_calls,
        **_totals(found, share),
        "monthly": _totals(month, share),
        "attribution": None
        if found.attribution is None
        else {"method": "shapley", "replays": found.attribution.replays},
        "steps": [
            {**_step(step, share), "monthly": _amounts(in_a_month)}
            for step, share, in_a_month in zip(found.steps, found.shares, month.steps, strict=True)
        ],
    }


def _totals(found: Waterfall, saving_share: float | None) -> dict[str, Any]:
    return {
        "baseline_cost": plain(found.baseline_cost),
        "projected_cost": plain(found.projected_cost),
        "saving": plain(found.saving),
        "saving_share": saving_share,
    }


def _share(part: Decimal, whole: Decimal) -> float | None:
    return float(part / whole) if whole else None


def _amounts(step: Step) -> dict[str, str | None]:
    return {
        "cost_before": plain(step.cost_before),
        "cost_after": plain(step.cost_after),
        "saving": plain(step.saving),
        "low": None if step.low is None else plain(step.low),
        "high": None if step.high is None else plain(step.high),
    }


def _step(step: Step, share: Share | None) -> dict[str, Any]:
    return {
        "lever": step.lever,
        "name": step.name,
        "cost_before": plain(step.cost_before),
        "cost_after": plain(step.cost_after),
        "saving": plain(step.saving),
        "saving_share": _share(step.saving, step.cost_before),
        "calls_changed": step.calls_changed,
        "standalone_saving": None if share is None else plain(share.standalone_saving),
        "shapley_saving": None if share is None else plain(share.shapley_saving),
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


def table_of_values(found: Waterfall) -> str:
    """CSV, one line per step: unrounded dollars, an empty field for unknown; facts and warnings are JSON in a field."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for number, (step, share) in enumerate(zip(found.steps, found.shares, strict=True)):
        row = _step(step, share)
        row |= {name: text_of.dumps(row[name], ensure_ascii=False) for name in ("facts", "warnings")}
        row |= {"name": sheet_cell(step.name), **row.pop("basis")}
        if not number:
            writer.writerow(row)
        writer.writerow(row.values())
    return out.getvalue().rstrip("\n")
