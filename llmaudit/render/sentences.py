"""What a breakdown says in words, the same in a terminal and in Markdown. Names in it are already safe to show."""

from datetime import datetime

from llmaudit.analyses.breakdown import Breakdown
from llmaudit.analyses.concentration import Concentration
from llmaudit.analyses.facts import UnpricedModel
from llmaudit.money import shown
from llmaudit.render.names import printable
from llmaudit.render.rows import aligned
from llmaudit.words import count

PART_NAMES = {
    "input": "input, uncached",
    "cache_read": "cache reads",
    "cache_write": "cache writes",
    "output": "output",
    "request": "per request",
    "unsplit": "not split",
}
_PLURALS = {"calls": "calls", "user": "users", "conversation": "conversations", "feature": "features"}
_NAMED_MODELS = 3


def header(found: Breakdown) -> str:
    """The whole answer in a sentence: how many calls, of which time, for how much."""
    total = found.total
    where = f" where {printable(found.where)}" if found.where else ""
    if total.calls == total.unpriced_calls:
        return f"{count(total.calls, 'call')}{where}{_span(found)}; none of them has a price."
    listed = f" ({shown(total.list_cost)} at list price)" if total.list_cost != total.effective_cost else ""
    return f"{count(total.calls, 'call')}{where}{_span(found)} cost {shown(total.effective_cost)}{listed}."


def concentration(found: Breakdown) -> list[str]:
    """How few make 80 % of the cost, one line for each kind of which not all are needed."""
    return [
        f"{percent(each.share_for_80_percent)} of {_PLURALS[each.of]} make 80 % of the cost "
        f"({each.items_for_80_percent:,} of {each.items:,}{_unnamed(each, found)})"
        for each in found.concentration
        if each.share_for_80_percent is not None
        and each.share_for_80_percent < 1
        # A statement about half of the cost is none about the whole.
        and each.cost * 2 >= found.total.effective_cost
    ]


def notes(found: Breakdown) -> list[str]:
    """What the totals leave out or only know roughly: unknown is not zero."""
    said, known = [], found.coverage
    without_price = [each for each in found.unpriced if each.calls > each.uncounted_calls]
    if without_price:
        calls = sum(each.calls - each.uncounted_calls for each in without_price)
        have, are = ("has", "is") if calls == 1 else ("have", "are")
        said.append(
            f"{count(calls, 'call')} of {count(len(without_price), 'model')} {have} no price "
            f"and {are} left out of every cost: {_models(without_price)}"
        )
    if known.uncounted_calls:
        costless = sum(each.uncounted_calls for each in found.unpriced)
        unknown = f"; the cost of {costless:,} of them is not known" if costless else ""
        said.append(f"{count(known.uncounted_calls, 'call')} without a token count{unknown}")
    if known.fallback_calls:
        said.append(
            f"{count(known.fallback_calls, 'call')} priced by the nearest known rate (price_basis = 'fallback')"
        )
    if known.untimed_calls:
        said.append(
            f"{count(known.untimed_calls, 'call')} without a time"
            + (", left out because a period was asked for" if found.period.limited else "")
        )
    return [*said, *_reported(found), *([f"Prices: {found.price_book}"] if found.price_book else [])]


def percent(share: float | None) -> str:
    """A share as a person reads it: 12.3 %, and not 0.0 % for a little."""
    if share is None:
        return "–"
    return "<0.1 %" if 0 < share < 0.0005 else f"{share * 100:.1f} %"


def _span(found: Breakdown) -> str:
    def minute(moment: datetime) -> str:
        return (
            f"{moment:%Y-%m-%d}"
            if (moment.hour, moment.minute, moment.second) == (0, 0, 0)
            else f"{moment:%Y-%m-%d %H:%M}"
        )

    first, last = found.coverage.first_at, found.coverage.last_at
    period = found.period
    asked = [
        f"since {minute(period.since)}" if period.since else "",
        f"until {minute(period.until)}" if period.until else "",
    ]
    if any(asked):
        return " " + " ".join(filter(None, asked))
    if first is None or last is None:
        return ""
    return f" on {first:%Y-%m-%d}" if first.date() == last.date() else f" from {first:%Y-%m-%d} to {last:%Y-%m-%d}"


def _unnamed(each: Concentration, found: Breakdown) -> str:
    missing = found.total.effective_cost - each.cost
    return f"; {shown(missing)} is of no known {each.of}" if missing and each.of != "calls" else ""


def _models(unpriced: list[UnpricedModel]) -> str:
    names = [printable(each.model) if each.model else "(no model)" for each in unpriced]
    more = f" and {len(names) - _NAMED_MODELS:,} more" if len(names) > _NAMED_MODELS else ""
    first = next((name for name, each in zip(names, unpriced, strict=True) if each.model), None)
    step = f" → llmaudit prices show {first}" if first else ""
    return f"{', '.join(names[:_NAMED_MODELS])}{more}{step}"


def _reported(found: Breakdown) -> list[str]:
    said = found.reported
    if said is None:
        return []
    if not said.differing_calls and not said.difference:
        return [f"The logs report the same cost for {count(said.calls, 'call')}"]
    reported, effective, difference = aligned([said.reported_cost, said.effective_cost, said.difference])
    sign = "+" if said.difference > 0 else ""
    return [
        f"The logs report {reported} for {count(said.calls, 'call')} that cost {effective} at the prices in use "
        f"({sign}{difference}); "
        f"{count(said.differing_calls, 'call')} by more than 1 %"
    ]
