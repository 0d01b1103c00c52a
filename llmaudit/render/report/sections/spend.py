"""What it cost: day by day, and where the money is."""

from decimal import Decimal

from llmaudit.render.report.charts import spend as charts
from llmaudit.render.report.parts import Chart, Section, Table, amounts, counts, names, shares, table
from llmaudit.render.report.sentences import Document, day, few_of, listed, money, name_of
from llmaudit.render.sentences import PART_NAMES

_NOUNS = {"calls": "calls", "user": "users"}
_FOLDED = {"key", "user"}


def over_time(said: Document) -> Section | None:
    found, totals = said["over_time"], said["over_time"]["totals"]
    timed = [each for each in totals if each["start"] is not None]
    if len(timed) < 2:
        return None
    spec, legend = charts.over_time(found)
    dearest = max(timed, key=lambda each: Decimal(each["effective_cost"]))
    unit = found["unit"]
    unknown = [each["unpriced_calls"] for each in totals]
    below = table(
        f"Cost by {unit}",
        {
            unit: names([each["start"] or "(no time)" for each in totals]),
            "calls": counts([each["calls"] for each in totals]),
            "cost": amounts([each["effective_cost"] for each in totals]),
            **({"cost unknown": counts(unknown)} if any(unknown) else {}),
        },
        names_in=(unit,),
        folded=True,
    )
    was = "was" if unit == "day" else "began on"
    when, cost = day(dearest["start"]), money(dearest["effective_cost"])
    return Section(
        "time",
        "Spend over time",
        f"The dearest {unit} {was} {when}, with {cost}.",
        (Chart("over-time", f"Cost by {unit} and {found['by']}, USD", f"Stacked bars: cost by {unit}.", spec, legend),),
        (below,),
    )


def where(said: Document) -> Section:
    breakdowns = said["breakdowns"]
    by = {each["by"][0]: each for each in breakdowns}
    few = [text for of in ("calls", "user") if (text := few_of(by["model"], of))]
    lead = f"{listed(few)}." if few else "No small part of the calls makes most of the cost."
    drawn = []
    if said["curves"]:
        spec, legend = charts.pareto(said["curves"], _NOUNS)
        about = "Lines: the dearest share of calls and of users against the share of the cost they make."
        drawn.append(Chart("pareto", "How few make how much of the cost", about, spec, legend))
    parts = [part for part in by["model"]["split"] if part["share"]]
    folded = []
    if parts:
        spec, legend = charts.split(parts, PART_NAMES)
        drawn.append(Chart("split", "What the money was paid for", "One bar: the parts of the cost.", spec, legend))
        folded.append(_split(parts))
    if said["curves"]:
        folded += [_curve(curve) for curve in said["curves"]]
    return Section("where", "Where the money is", lead, tuple(drawn), (*map(_groups, breakdowns), *folded))


def _groups(found: Document) -> Table:
    noun, groups = found["by"][0], found["groups"]
    unknown = [group["unpriced_calls"] for group in groups]
    line = found["groups_for_80_percent"]
    return table(
        f"By {noun}",
        {
            noun: names([name_of(found, group) for group in groups]),
            "calls": counts([group["calls"] for group in groups]),
            "cost": amounts([group["effective_cost"] for group in groups]),
            "share": shares([group["share"] for group in groups], bars=True),
            "running": shares([group["cumulative_share"] for group in groups]),
            **({"cost unknown": counts(unknown)} if any(unknown) else {}),
        },
        names_in=(noun,),
        folded=noun in _FOLDED,
        line_below=None if line is None or line == len(groups) else line - 1,
    )


def _split(parts: list[Document]) -> Table:
    return table(
        "What the money was paid for",
        {
            "part": names([PART_NAMES[part["part"]] for part in parts]),
            "cost": amounts([part["effective_cost"] for part in parts]),
            "share": shares([part["share"] for part in parts], bars=True),
        },
        names_in=("part",),
        folded=True,
    )


def _curve(curve: Document) -> Table:
    """A tenth of the curve's points: as many as a person compares."""
    points = curve["points"]
    some = [point for place, point in enumerate(points) if place % 10 == 0 or place == len(points) - 1]
    noun = _NOUNS[curve["of"]]
    return table(
        f"How few {noun} make how much of the cost",
        {
            f"dearest {noun}": counts([point["items"] for point in some]),
            f"share of {noun}": shares([point["items_share"] for point in some]),
            "cost": amounts([point["cost"] for point in some]),
            "share of the cost": shares([point["cost_share"] for point in some]),
        },
        folded=True,
    )
