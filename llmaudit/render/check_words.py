"""What a verdict says in words, the same in a terminal, a comment and an annotation."""

from fractions import Fraction

from llmaudit.checks.findings import Finding, Outcome, State, Verdict
from llmaudit.money import shown
from llmaudit.render.names import printable
from llmaudit.words import count

_ALL = "all calls"
_UNNAMED = {"feature": "(unattributed)", "model": "(unknown)"}
_LONGEST = 60


def headline(verdict: Verdict) -> str:
    """The verdict in a sentence, with what it rests on."""
    broken = sum(finding.broken for finding in verdict.findings)
    short = sum(finding.state is State.INSUFFICIENT for finding in verdict.findings)
    against = f"{count(verdict.calls_after, 'call')} against {verdict.calls_before:,} of the baseline"
    match verdict.outcome:
        case Outcome.FAIL:
            return f"FAIL: {count(broken, 'limit')} broken ({against})."
        case Outcome.INSUFFICIENT:
            what = f"{count(short, 'limit')} could not be judged" if short else "nothing could be judged"
            return f"INSUFFICIENT: {what} ({against})."
    return f"PASS: {count(sum(finding.judged for finding in verdict.findings), 'limit')} held ({against})."


def sentence(finding: Finding) -> str:
    """One finding in words: cost_per_call of search: $0.0123 → $0.0141 (+14.2 %, 11.8 % to 16.7 %); limit …"""
    name = f"{finding.metric.name} of {group(finding)}"
    if not finding.judged:
        return f"{name}: {finding.reason}" + (f" ({finding.limit})" if finding.state is State.INSUFFICIENT else "")
    unit = finding.metric.unit
    values = f"{amount(unit, finding.before)} → {amount(unit, finding.after)}"
    sure = ", ".join(filter(None, (change(finding), interval(finding))))
    return f"{name}: {values} ({sure}); limit: {finding.limit}"


def group(finding: Finding) -> str:
    """The group's name: search, or search, gpt-4o; all calls."""
    names = [_UNNAMED[by] if name is None else printable(name) or "(empty)" for by, name in finding.group.items()]
    whole = ", ".join(names) or printable(finding.scope or _ALL)
    return whole if len(whole) <= _LONGEST else whole[: _LONGEST - 1] + "…"


def amount(unit: str, value: float | Fraction | None) -> str:
    """A value in its unit, as a person reads it."""
    if value is None:
        return "–"
    number = float(value)
    match unit:
        case "USD":
            from decimal import Decimal

            return shown(Decimal(str(round(number, 12))))
        case "%":
            return f"{number * 100:.2f} %"
        case "s":
            return f"{number:.3g} s"
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def change(finding: Finding) -> str:
    """The change of a limit on an increase; nothing for a budget, whose value stands beside it."""
    return "" if finding.change is None else _signed(finding, finding.change)


def interval(finding: Finding) -> str:
    """Between what the change, or the value that is held to a budget, may lie."""
    if finding.interval is None:
        return "–"
    low, high = finding.interval
    if finding.change is not None:
        return f"{_signed(finding, low)} to {_signed(finding, high)}"
    if low == high:
        return "as paid"
    return f"{amount(finding.metric.unit, low)} to {amount(finding.metric.unit, high)}"


def _signed(finding: Finding, value: float) -> str:
    if finding.relative:
        return f"{value * 100:+,.1f} %"
    text = amount(finding.metric.unit, value)
    return text if text.startswith("-") else f"+{text}"


def limit(finding: Finding) -> str:
    """The limit in short: ≤ +10%, ≤ 0.02 USD."""
    name, _, bound = finding.limit.partition(" ")
    short = {"max_increase": f"≤ +{bound}", "max": f"≤ {bound}", "max_new": f"≤ {bound} (new)"}
    return short.get(name, finding.limit)


def prices(verdict: Verdict) -> list[str]:
    """What a change of the price list did, which is no change of use."""
    moved = verdict.price_change
    if not moved:
        return []
    before = verdict.repriced[0]
    return [
        f"Prices changed: the calls of the baseline cost {shown(before.own_cost)} and would now cost "
        f"{shown(before.cost)} ({moved * 100:+.1f} %). Increases are measured at the prices of now, so that they are "
        "changes of use."
    ]


def assumptions(verdict: Verdict) -> list[str]:
    """What the verdict rests on."""
    said = (
        ["Nothing could be compared."]
        if not verdict.comparisons
        else [
            f"A limit is broken where the whole interval lies beyond it; of checks of an unchanged application at most "
            f"{float(verdict.false_alarm_rate) * 100:g} % fail ({count(verdict.comparisons, 'comparison')}, each at "
            f"{(1 - 2 * verdict.tail) * 100:.4g} %)."
        ]
    )
    for calls, when in ((verdict.unpriced_before, "in the baseline"), (verdict.unpriced_after, "now")):
        if calls:
            said.append(f"{count(calls, 'call')} without a known cost {when}, left out of every cost.")
    kept = sum(side.kept_calls for side in verdict.repriced)
    if kept:
        have = (
            "has no price on {} and keeps what it cost" if kept == 1 else "have no price on {} and keep what they cost"
        )
        said.append(f"{count(kept, 'call')} {have.format(f'{verdict.priced_at:%Y-%m-%d}')}.")
    return said
