"""What the numbers leave out, and how they were made."""

from collections.abc import Iterator

from llmaudit.render.report.parts import Section, counts, names, table
from llmaudit.render.report.sentences import Document, money, named, span
from llmaudit.words import count


def quality(said: Document) -> Section:
    found = said["ledger"]
    model = next(each for each in said["breakdowns"] if each["by"] == ["model"])
    known, summary, formats = model["coverage"], said["summary"], found["formats"]
    records = sum(entry["records"] for entry in formats)
    unread = sum(entry["unreadable"] for entry in formats)
    below = table(
        "What became of every record read",
        {
            "format": names([entry["format"] for entry in formats]),
            **{
                title: counts([entry[field] for entry in formats])
                for field, title in (
                    ("files", "files"),
                    ("records", "records"),
                    ("calls_added", "calls"),
                    *((("scores_added", "scores"),) if any(entry["scores_added"] for entry in formats) else ()),
                    ("duplicates", "duplicates"),
                    ("skipped", "skipped"),
                    ("unreadable", "unreadable"),
                )
            },
        },
        names_in=("format",),
    )
    tables = [below] if formats else []
    if found["unreadable"]:
        reasons = found["unreadable"]
        tables.append(
            table(
                "Why records could not be read",
                {
                    "reason": names([each["reason"] for each in reasons]),
                    "records": counts([each["records"] for each in reasons]),
                },
                names_in=("reason",),
                folded=True,
            )
        )
    if model["unpriced"]:
        tables.append(
            table(
                "Calls whose cost is not known",
                {
                    "model": names([named("model", each["model"]) for each in model["unpriced"]]),
                    "calls": counts([each["calls"] for each in model["unpriced"]]),
                    "without a token count": counts([each["uncounted_calls"] for each in model["unpriced"]]),
                },
                names_in=("model",),
                folded=True,
            )
        )
    left_out = (
        f"the cost of {count(summary['unpriced_calls'], 'call')} is not known and in no amount"
        if summary["unpriced_calls"]
        else "every call has a known cost"
    )
    lead = f"{count(records, 'record')} read, {unread:,} of them unreadable; {left_out}."
    return Section("quality", "What the numbers leave out", lead, (), tuple(tables), tuple(_gaps(model, known)))


def method(said: Document) -> Section:
    model = next(each for each in said["breakdowns"] if each["by"] == ["model"])
    period = " ".join(
        text
        for text in (
            f"since {said['since']}" if said["since"] else "",
            f"until {said['until']}" if said["until"] else "",
        )
        if text
    )
    notes = [
        f"Calls{span(said['summary'])}{f', asked for {period}' if period else ''}. Days and times are UTC.",
        "A cost is the token counts of the log times the price of the call's own date, in decimal; nothing is rounded "
        "but what is shown here. The exact amounts are behind the numbers, and in llmaudit report --format json.",
        f"Price book: {model['price_book']}." if model["price_book"] else "No price book.",
        f"Made by llmaudit {said['llmaudit']} at {said['made_at']}.",
    ]
    return Section("method", "Method", "Where these numbers come from.", (), (), tuple(notes))


def _gaps(model: Document, known: Document) -> Iterator[str]:
    if known["uncounted_calls"]:
        yield f"{count(known['uncounted_calls'], 'call')} without a token count."
    if known["fallback_calls"]:
        yield f"{count(known['fallback_calls'], 'call')} priced by the nearest known rate."
    if known["untimed_calls"]:
        where = "period" if model["since"] or model["until"] else "day"
        yield f"{count(known['untimed_calls'], 'call')} without a time: in no {where}."
    said = model["reported"]
    if said is not None:
        yield (
            f"The logs themselves report {money(said['reported_cost'])} for {count(said['calls'], 'call')} that cost "
            f"{money(said['effective_cost'])} at the prices in use."
        )
