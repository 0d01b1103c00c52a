"""The answer in three sentences, and what each section says first. Everything is read from the JSON document."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from llmaudit.analyses.dimensions import DIMENSIONS
from llmaudit.money import shown
from llmaudit.render.names import printable
from llmaudit.render.sentences import percent
from llmaudit.words import count

Document = dict[str, Any]
_NAMED = 3
# Not by strftime, which speaks the language of the machine.
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
PLURALS = {"feature": "features", "model": "models", "tier": "tiers", "user": "users", "key": "keys", "calls": "calls"}


def answer(said: Document) -> list[str]:
    """Three sentences: what it cost, where that goes, and what to do about it."""
    return [what_it_cost(said["summary"]), where_it_goes(said["breakdowns"]), what_would_help(said)]


def what_it_cost(summary: Document) -> str:
    calls, unpriced = summary["calls"], summary["unpriced_calls"]
    if calls == unpriced:
        return f"{count(calls, 'call')}{span(summary)}, and none of them has a known price."
    listed = (
        f" ({money(summary['list_cost'])} at list price)" if summary["list_cost"] != summary["effective_cost"] else ""
    )
    rate = ""
    if summary["days"] and summary["days"] > 1:
        rate = f": {money(summary['daily_cost'])} a day, {money(summary['monthly_cost'])} a month"
    cost = f"{money(summary['effective_cost'])}{listed}{rate}"
    if unpriced:
        known = calls - unpriced
        have = "has" if known == 1 else "have"
        return f"{known:,} of {count(calls, 'call')}{span(summary)} {have} a known cost, together {cost}."
    return f"{count(calls, 'call')}{span(summary)} cost {cost}."


def where_it_goes(breakdowns: Sequence[Document]) -> str:
    by = {each["by"][0]: each for each in breakdowns}
    first = by.get("feature") or by["model"]
    if not first["groups"] or first["groups"][0]["share"] is None:
        return "Where the money goes cannot be said, for no cost is known."
    dearest = first["groups"][: min(first["groups_for_80_percent"] or _NAMED, _NAMED)]
    names = listed([name_of(first, group) for group in dearest])
    noun = first["by"][0]
    said = f"{percent(dearest[-1]['cumulative_share'])} of that is {names}"
    if noun == "feature":
        top = by["model"]["groups"][0]
        said += f", and {percent(top['share'])} goes to one model, {name_of(by['model'], top)}"
    few = few_of(by["model"], "user")
    return f"{said}{f'; {few}' if few else ''}."


def what_would_help(said: Document) -> str:
    plan, waste = said["simulate"], said["waste"]
    if plan is not None:
        best = max(plan["steps"], key=lambda step: Decimal(step["saving"]))
        if Decimal(plan["saving"]) <= 0:
            return (
                f"The plan tried here would have cost {money(plan['projected_cost'])}: it saves nothing on these calls."
            )
        return (
            f"The plan tried here, replayed over the same calls, would have cost {money(plan['projected_cost'])}: "
            f"{money(plan['saving'])} ({percent(plan['saving_share'])}) less, most of it by {best['name']} "
            f"({money(best['saving'])})."
        )
    if Decimal(waste["high"]) > 0:
        return f"{wasted(waste)} bought nothing new; what remedies would save, a plan says (llmaudit report --plan)."
    return (
        "What would make it cheaper, a plan says: llmaudit report --plan plan.yaml replays remedies over these calls."
    )


def wasted(waste: Document) -> str:
    """How much was wasted, as a range where the log cannot tell."""
    low, high, unpriced = waste["low"], waste["high"], waste["unpriced_calls"]
    beside = f", beside {count(unpriced, 'call')} of unknown cost," if unpriced else ""
    if low == high:
        return f"{money(low)} ({percent(waste['low_share'])}){beside}"
    return f"Between {money(low)} and {money(high)} (at most {percent(waste['high_share'])}){beside}"


def span(summary: Document) -> str:
    """` on` a day, ` from` one `to` another, or nothing where no call has a time."""
    first, last = summary["first_call_at"], summary["last_call_at"]
    if first is None or last is None:
        return ""
    return f" on {day(first)}" if first[:10] == last[:10] else f" from {days(first, last)}"


def days(first: str, last: str) -> str:
    """`1 to 31 October 2026`: the days of two instants, without what they have in common."""
    if first[:10] == last[:10]:
        return day(first)
    year, month = first[:4] != last[:4], first[:7] != last[:7]
    shown = day(first) if year else day(first).removesuffix(f" {first[:4]}")
    return f"{shown if month else shown.split()[0]} to {day(last)}"


def day(moment: str) -> str:
    """The day of an instant, or a day of the document, as `27 October 2026`."""
    found = date.fromisoformat(moment[:10])
    return f"{found.day} {_MONTHS[found.month - 1]} {found.year}"


def hour(moment: str) -> str:
    """An instant as `14 October 2026, 13:00`."""
    return f"{day(moment)}, {moment[11:16]}"


def few_of(found: Document, of: str) -> str | None:
    """How few make 80 % of the cost, and of which cost; None where that says nothing about the whole."""
    each = next(each for each in found["concentration"] if each["of"] == of)
    share, about = each["share_for_80_percent"], Decimal(each["cost"])
    if share is None or share >= 1 or about * 2 < Decimal(found["total"]["effective_cost"]):
        return None
    known = "" if of == "calls" or about == Decimal(found["total"]["effective_cost"]) else f" with a known {of}"
    return f"{percent(share)} of {PLURALS[of]} make 80 % of the cost{known}"


def name_of(found: Document, group: Document) -> str:
    """A group's name as a person reads it, safe to show."""
    noun = found["by"][0]
    return count(group["others"], "other") if group.get("others") else named(noun, group["key"][noun])


def named(noun: str, name: str | None) -> str:
    """A value of a dimension as a person reads it, safe to show."""
    return DIMENSIONS[noun].unnamed if name is None else printable(name) if name else "(empty)"


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def money(amount: str) -> str:
    """An amount of the document as a person reads it."""
    return shown(Decimal(amount))
