"""The plan that reaches a target, in each of the forms an answer takes."""

import csv
import io
import json as text_of
from decimal import Decimal
from typing import Any

from llmaudit.money import plain, shown
from llmaudit.optimize.candidate import Candidate, Refused
from llmaudit.optimize.optimize import Optimized
from llmaudit.optimize.plan_file import text as plan_text
from llmaudit.render import json, simulate, waterfall
from llmaudit.render.formats import Format
from llmaudit.render.names import markdown_cell, printable, sheet_cell
from llmaudit.render.sentences import percent
from llmaudit.words import count

_SIGNS = {"add": "+", "drop": "-", "ease": "~"}
_ACTIONS = {"add": "", "drop": " is not needed", "ease": " is enough"}


def rendered(found: Optimized, form: Format) -> str:
    """The answer in that form."""
    match form:
        case Format.JSON:
            return json.document(as_dict(found))
        case Format.CSV:
            return _csv(found)
        case Format.MARKDOWN:
            return _markdown(found)
        case Format.TABLE:
            from llmaudit.render.terminal import Screen

            return _table(found, Screen.of_stdout().width)


def as_dict(found: Optimized) -> dict[str, Any]:
    """What JSON carries: money as strings of dollars, shares from 0 to 1."""
    answer = simulate.as_dict(found.waterfall)
    limits = found.constraints
    return {
        "schema": "llmaudit/optimize/1",
        "target": float(found.target),
        "reached": found.reached,
        "constraints": {
            "only": list(limits.only),
            "max_quality_drop": None if limits.max_quality_drop is None else float(limits.max_quality_drop),
            "score": limits.score,
            "keep_latency": limits.keep_latency,
        },
        **{name: answer[name] for name in ("calls", "unpriced_calls", "baseline_cost", "projected_cost")},
        **{name: answer[name] for name in ("saving", "saving_share", "monthly")},
        "plan": found.content,
        "steps": answer["steps"],
        "candidates": [
            {
                "name": each.candidate.name,
                "step": each.candidate.content,
                "risk": each.candidate.risk.words,
                "saving": plain(each.saving),
                "measured_saving": plain(each.measured),
                "in_plan": each.candidate in found.plan,
                "excluded": each.candidate.excluded,
            }
            for each in found.tried
        ],
        "trace": [
            {
                "action": move.action,
                "candidate": move.candidate.name,
                "saving": plain(move.saving),
                "saving_share": _share(found, move.saving),
            }
            for move in found.moves
        ],
        "left_out": [
            {
                "name": one.name,
                "reason": one.reason,
                "would_save": None if one.would_save is None else plain(one.would_save),
            }
            for one in found.refused
        ],
        "left": [{"feature": feature, "cost": plain(cost)} for feature, cost in found.left],
        "replays": found.replays,
    }


def _share(found: Optimized, saving: Decimal) -> float | None:
    whole = found.waterfall.baseline_cost
    return float(saving / whole) if whole else None


def _csv(found: Optimized) -> str:
    """One line per candidate."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    columns = ("risk", "saving", "measured_saving", "in_plan", "excluded", "step")
    writer.writerow(("candidate", *columns))
    for one in as_dict(found)["candidates"]:
        row = {**one, "name": sheet_cell(one["name"]), "step": text_of.dumps(one["step"], ensure_ascii=False)}
        writer.writerow(row[name] for name in ("name", *columns))
    return out.getvalue().rstrip("\n")


def _headline(found: Optimized) -> str:
    said = found.waterfall
    amounts = f"{percent(_share(found, said.saving))} ({shown(said.saving)} of {shown(said.baseline_cost)})"
    wanted = percent(float(found.target))
    steps = count(len(found.plan), "step")
    if not said.baseline_cost:
        return f"The calls cost {shown(said.baseline_cost)}; there is nothing to save."
    if found.reached:
        return f"A saving of {wanted} is reached: {amounts} with {steps}."
    if not found.plan:
        return f"A saving of {wanted} is out of reach: nothing was found that saves anything."
    return f"A saving of {wanted} is out of reach: the most that was found is {amounts}, with {steps}."


def _moves(found: Optimized) -> list[str]:
    return [
        f"{percent(_share(found, move.saving)):>7}  {_SIGNS[move.action]} {printable(move.candidate.name)}"
        f"{_ACTIONS[move.action]}"
        for move in found.moves
    ]


def _warnings(found: Optimized) -> list[str]:
    return [f"warning: {printable(one.name)}: {printable(text)}" for one in found.plan for text in one.warnings]


def _left(found: Optimized) -> str:
    parts = [f"{printable(feature or '(unattributed)')} {shown(cost)}" for feature, cost in found.left]
    return f"What still costs: {', '.join(parts)}" if parts else ""


def _left_out(one: Refused) -> tuple[str, str]:
    """What it would add, and what it is and why it is not in the plan."""
    amount = "" if one.would_save is None else f"{'' if one.would_save < 0 else '+'}{shown(one.would_save)}"
    return amount, f"{printable(one.name)} ({printable(one.reason)})"


def _table(found: Optimized, width: int) -> str:
    def entry(amounts: str, text: str) -> list[str]:
        return waterfall.wrapped([f"{amounts}{text}"], width, len(amounts) + 2)

    alone = ["What the calls suggest, each on its own"]
    for risk in sorted({each.candidate.risk for each in found.tried}):
        alone.append(f"  {risk.words}")
        for each in found.tried:
            if each.candidate.risk is risk:
                amounts = f"{shown(each.saving):>10}  {percent(_share(found, each.saving)):>7}  "
                alone += entry(amounts, _named(each.candidate))
    came = ["How the plan came about, and what it then saves", *_moves(found)]
    out = ["What is left out, and what it would save on top"]
    for amount, text in map(_left_out, found.refused):
        out += entry(f"{amount:>10}  ", text)
    blocks = [
        waterfall.wrapped([_headline(found)], width, 0),
        alone if found.tried else [],
        came if found.moves else [],
        [waterfall.table(waterfall.Words(found.waterfall, None), width)] if found.plan else [],
        out if found.refused else [],
        waterfall.wrapped([text for text in (_left(found), *_warnings(found)) if text], width),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _named(one: Candidate) -> str:
    return f"{printable(one.name)} ({printable(one.excluded)})" if one.excluded else printable(one.name)


def _markdown(found: Optimized) -> str:
    lines = [f"**{_headline(found)}**", "", "| candidate | alone | share | risk |", "| --- | ---: | ---: | --- |"]
    for each in found.tried:
        cells = markdown_cell(_named(each.candidate)), shown(each.saving), percent(_share(found, each.saving))
        lines.append(f"| {' | '.join(cells)} | {each.candidate.risk.words} |")
    lines += ["", *(f"1. {markdown_cell(move.strip())}" for move in _moves(found))]
    if found.plan:
        lines += ["", "```yaml", plan_text(found).rstrip(), "```", ""]
        lines.append(waterfall.markdown(waterfall.Words(found.waterfall, None)))
    said = [f"{amount} {text}".strip() for amount, text in map(_left_out, found.refused)]
    lines += ["", "Left out:", "", *(f"- {markdown_cell(text)}" for text in said)] if said else []
    lines += ["", *(markdown_cell(text) for text in (_left(found), *_warnings(found)) if text)]
    return "\n".join(lines).rstrip()
