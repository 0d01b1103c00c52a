"""What each step of the plan would have saved."""

from decimal import Decimal

from llmaudit.render.names import visible
from llmaudit.render.report.charts import levers as charts
from llmaudit.render.report.parts import Chart, Section, amounts, counts, names, shares, table
from llmaudit.render.report.sentences import Document, money
from llmaudit.render.sentences import percent
from llmaudit.words import counted

_BASES = ("measured", "estimated", "assumed")


def levers(said: Document) -> Section | None:
    found = said["simulate"]
    if found is None:
        return None
    spec, legend = charts.waterfall(found)
    steps = found["steps"]
    below = table(
        "What each step saves",
        {
            "step": names([step["name"] for step in steps]),
            "calls changed": counts([step["calls_changed"] for step in steps]),
            "cost after": amounts([step["cost_after"] for step in steps]),
            "saving": amounts([step["saving"] for step in steps]),
            "share": shares([step["saving_share"] for step in steps]),
            "at least": amounts([step["low"] for step in steps]),
            "at most": amounts([step["high"] for step in steps]),
        },
        names_in=("step",),
    )
    rests = table(
        "What each saving rests on",
        {
            "step": names([step["name"] for step in steps]),
            **{basis: amounts([step["basis"][basis] for step in steps]) for basis in _BASES},
        },
        names_in=("step",),
        folded=True,
    )
    notes = ["At least, at most: what 95 % of days like these would have made of it."]
    notes += [
        visible(f"{step['name']}: {said}")
        for step in steps
        for said in (*step["warnings"], *step["facts"].get("in_words", ()))
    ]
    if found["unpriced_calls"]:
        left_out = counted(found["unpriced_calls"], "call without a known cost is", "calls without a known cost are")
        notes.append(f"{left_out} left out.")
    notes.append(
        "measured: replayed from the facts of the log; estimated: derived from them, with a range; "
        "assumed: a number that somebody wrote in the plan."
    )
    about = "Bars: the cost as it was, what each step takes away, and the cost that is left."
    return Section(
        "levers",
        "What each lever saves",
        _lead(found),
        (Chart("waterfall", "From what it cost to what it would have cost, USD", about, spec, legend),),
        (below, rests),
        tuple(notes),
        said["plan"],
    )


def _lead(found: Document) -> str:
    if not Decimal(found["baseline_cost"]) and not Decimal(found["saving"]):
        return f"The calls cost {money(found['baseline_cost'])}; there is nothing to save."
    less = "more" if Decimal(found["saving"]) < 0 else "less"
    # A part of nothing is no share.
    share = "" if found["saving_share"] is None else f" ({percent(abs(found['saving_share']))})"
    saving, monthly = (money(each["saving"].removeprefix("-")) for each in (found, found["monthly"]))
    return (
        f"{money(found['baseline_cost'])} would have been {money(found['projected_cost'])}: "
        f"{saving}{share} {less}, {monthly} in a month. "
        "Each step works on what the one before left, so the savings add up."
    )
