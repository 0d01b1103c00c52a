"""A verdict as data: the JSON answer, field by field."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from llmaudit.analyses.periods import written
from llmaudit.checks.findings import Finding, Verdict
from llmaudit.checks.repricing import Repriced
from llmaudit.money import plain

SCHEMA = "llmaudit/check/1"
_PLACES = Decimal("1e-12")


def as_dict(verdict: Verdict) -> dict[str, Any]:
    """What JSON carries: amounts of money as strings of dollars, everything else as numbers, null for unknown."""
    return {
        "schema": SCHEMA,
        "verdict": verdict.outcome.value,
        "findings": [_finding(finding) for finding in verdict.findings],
        "calls": {"before": verdict.calls_before, "after": verdict.calls_after},
        "unpriced_calls": {"before": verdict.unpriced_before, "after": verdict.unpriced_after},
        "prices": {
            "at": written(verdict.priced_at),
            "book_before": verdict.books[0],
            "book_after": verdict.books[1],
            "change_share": verdict.price_change,
            "before": _repriced(verdict.repriced[0]),
            "after": _repriced(verdict.repriced[1]),
        },
        "false_alarm_rate": float(verdict.false_alarm_rate),
        "comparisons": verdict.comparisons,
        "confidence": 1 - 2 * verdict.tail,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    def amount(value: float | Fraction | None) -> Any:
        if value is None:
            return None
        return dollars(value) if finding.metric.unit == "USD" else float(value)

    def change(value: float | None) -> Any:
        return value if finding.relative else amount(value)

    return {
        "metric": finding.metric.name,
        "unit": finding.metric.unit,
        "group": dict(finding.group),
        "scope": finding.scope,
        "state": finding.state.value,
        "before": amount(finding.before),
        "after": amount(finding.after),
        "calls_before": finding.calls_before,
        "calls_after": finding.calls_after,
        "relative": finding.relative,
        "change": change(finding.change),
        "interval": None if finding.interval is None else [change(end) for end in finding.interval],
        "detectable": change(finding.detectable),
        "limit": finding.limit,
        "broken": finding.broken,
        "moved": finding.moved,
        "reason": finding.reason,
    }


def dollars(value: float | Fraction) -> str:
    """An amount that was calculated, as a string of dollars with as many places as a cost has."""
    exact = Fraction(value)
    return plain((Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(_PLACES))


def _repriced(side: Repriced) -> dict[str, Any]:
    return {"effective_cost": plain(side.own_cost), "cost_at": plain(side.cost), "kept_calls": side.kept_calls}
