"""A report as JSON carries it, field by field: the source of every other form.

Money is a string of dollars, shares are from 0 to 1, times are ISO 8601 UTC, unknown is null.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from llmaudit import __version__
from llmaudit.analyses.breakdown import Breakdown
from llmaudit.analyses.latency import Latencies
from llmaudit.analyses.ledger import Ledger
from llmaudit.analyses.pareto import Curve
from llmaudit.analyses.periods import written
from llmaudit.analyses.tabular import as_dict as breakdown_document
from llmaudit.analyses.timeline import Failures, OverTime
from llmaudit.analyses.waste import Waste
from llmaudit.money import plain
from llmaudit.render.bottleneck import as_dict as bottleneck_document
from llmaudit.render.report.sentences import answer
from llmaudit.render.scale import DAYS_OF_A_MONTH
from llmaudit.render.simulate import as_dict as simulate_document
from llmaudit.replay.bottleneck import Bottleneck
from llmaudit.report import Report

SCHEMA = "llmaudit/report/1"


def document(found: Report, *, plan: str | None = None, run: Bottleneck | None = None) -> dict[str, Any]:
    """The JSON answer. What is part of another answer has the form it has there.

    `plan` is the text of the plan that was replayed; `run` is what a recorded run of a pipeline says.
    """
    said = {
        "schema": SCHEMA,
        "made_at": written(found.made_at.replace(microsecond=0)),
        "llmaudit": __version__,
        "since": _moment(found.period.since),
        "until": _moment(found.period.until),
        "summary": _summary(found),
        "over_time": _over_time(found.over_time),
        "breakdowns": [breakdown_document(each) for each in found.breakdowns],
        "curves": [_curve(each) for each in found.curves],
        "simulate": None if found.waterfall is None else simulate_document(found.waterfall),
        "plan": plan,
        "latency": _latency(found.latencies),
        "bottleneck": None if run is None else bottleneck_document(run),
        "failures": _failures(found.failures),
        "waste": _waste(found.waste, found.model),
        "ledger": _ledger(found.ledger),
    }
    return {"schema": SCHEMA, "answer": answer(said), **said}


def _summary(found: Report) -> dict[str, Any]:
    total, known = found.model.total, found.model.coverage
    days = (
        None
        if known.first_at is None or known.last_at is None
        else (known.last_at.date() - known.first_at.date()).days + 1
    )
    by_day = Decimal(1) / days if days else None
    return {
        "first_call_at": _moment(known.first_at),
        "last_call_at": _moment(known.last_at),
        "days": days,
        "calls": total.calls,
        "unpriced_calls": total.unpriced_calls,
        "list_cost": plain(total.list_cost),
        "effective_cost": plain(total.effective_cost),
        "daily_cost": None if by_day is None else _times(total.effective_cost, by_day),
        "monthly_cost": None if by_day is None else _times(total.effective_cost, by_day * DAYS_OF_A_MONTH),
    }


def _over_time(found: OverTime) -> dict[str, Any]:
    starts = dict.fromkeys(cell.start for cell in found.cells)
    stretches = [[cell for cell in found.cells if cell.start == start] for start in starts]
    return {
        "unit": found.unit,
        "by": found.by.name,
        "totals": [
            {
                "start": _day(cells[0].start),
                "calls": sum(cell.calls for cell in cells),
                "effective_cost": plain(sum((cell.effective_cost for cell in cells), Decimal(0))),
                "unpriced_calls": sum(cell.unpriced_calls for cell in cells),
            }
            for cells in stretches
        ],
        "cells": [
            {**asdict(cell), "start": _day(cell.start), "effective_cost": plain(cell.effective_cost)}
            for cell in found.cells
        ],
    }


def _curve(found: Curve) -> dict[str, Any]:
    return {"of": found.of, "points": [{**asdict(point), "cost": plain(point.cost)} for point in found.points]}


def _latency(found: Latencies) -> dict[str, Any]:
    return {
        "by": found.by.name,
        "all": None if found.all is None else asdict(found.all),
        "groups": [asdict(each) for each in found.groups],
    }


def _failures(found: Failures) -> dict[str, Any]:
    return {
        "unit": found.unit,
        "failed_calls": sum(each.failed for each in found.stretches),
        "stretches": [
            {**asdict(each), "start": _moment(each.start), "failed": each.failed} for each in found.stretches
        ],
    }


def _waste(found: Waste, total: Breakdown) -> dict[str, Any]:
    whole = total.total.effective_cost

    def share(cost: Decimal) -> float | None:
        return float(cost / whole) if whole else None

    def amounts(low: Decimal, high: Decimal) -> dict[str, Any]:
        return {"low": plain(low), "high": plain(high), "low_share": share(low), "high_share": share(high)}

    return {
        **amounts(found.low, found.high),
        "unpriced_calls": sum(line.unpriced_calls for line in found.lines),
        "lines": [{**asdict(line), **amounts(line.low, line.high)} for line in found.lines],
        "retries": found.retries,
        "retries_cost": plain(found.retries_cost),
    }


def _ledger(found: Ledger) -> dict[str, Any]:
    return {
        "formats": [asdict(entry) for entry in found.entries],
        "unreadable": [{"reason": reason, "records": records} for reason, records in found.reasons],
        "last_read_at": _moment(found.last_read_at),
    }


def _times(amount: Decimal, factor: Decimal) -> str:
    return plain(round(amount * factor, 12))


def _written(form: Callable[[Any], str]) -> Callable[[Any], str | None]:
    return lambda value: None if value is None else form(value)


_moment: Callable[[datetime | None], str | None] = _written(written)
_day: Callable[[date | None], str | None] = _written(date.isoformat)
