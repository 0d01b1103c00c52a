"""An explanation in each of the forms an answer takes."""

import csv
import io
from decimal import Decimal

from llmaudit.analyses.explain import Explanation, Measure
from llmaudit.analyses.explain_data import as_dict, share_of_change
from llmaudit.analyses.explain_parts import PARTS
from llmaudit.analyses.explain_realised import Realised
from llmaudit.errors import NothingMeasured
from llmaudit.money import plain
from llmaudit.render import json
from llmaudit.render.explain_words import PART_NAMES, UNITS, between, cause, group, headline, latency_lines, notes
from llmaudit.render.formats import Format
from llmaudit.render.names import markdown_cell, sheet_cell
from llmaudit.render.rows import aligned
from llmaudit.render.wrapping import wrapped
from llmaudit.words import count


def rendered(found: Explanation, form: Format, of: str, top: int) -> str:
    """The explanation in that form. `of` is the measure that people read; JSON has them all."""
    if form is Format.JSON:
        return json.document(as_dict(found))
    if of not in found.measures:
        raise NothingMeasured(f"there is no cost {UNITS[of]}: not every side has times", hint="ask for --of total")
    measure = found.measures[of]
    match form:
        case Format.CSV:
            return _csv(found, measure)
        case Format.MARKDOWN:
            return _markdown(found, measure, of, top)
    return _table(found, measure, of, top)


def _csv(found: Explanation, measure: Measure) -> str:
    """CSV, one line per cause: unrounded dollars, which add up to the change; an empty field for what is not there."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["part", *found.by, "others", "model", "rate_class", "meter", "change", "before", "after"])
    for mover in measure.movers:
        numbers = [None if number is None else float(number) for number in (mover.before, mover.after)]
        names = [None if name is None else sheet_cell(str(name)) for name in (*mover.key,)]
        model = None if mover.model is None else sheet_cell(mover.model)
        writer.writerow(
            [mover.part, *names, mover.others, model, mover.rate_class, mover.meter, plain(mover.amount), *numbers]
        )
    return out.getvalue().rstrip("\n")


def _markdown(found: Explanation, measure: Measure, of: str, top: int) -> str:
    lines = [f"**{headline(measure, of)}**", "", between(found), ""]
    lines += [f"| part | {UNITS[of]} | share |", "| --- | ---: | ---: |"]
    lines += [f"| {name} | {amount} | {share} |" for name, amount, share in _parts(measure)]
    lines += ["", *(f"- {amount} {markdown_cell(said)}" for amount, said in _movers(found, measure, of, top))]
    latency = latency_lines(found)
    lines += ["", *(f"- {markdown_cell(line)}" for line in latency)] if latency else []
    if found.realised is not None:
        lines += ["", *_realised_rows(found.realised)]
    return "\n".join([*lines, *notes(found)])


def _table(found: Explanation, measure: Measure, of: str, top: int) -> str:
    rows = [("part", UNITS[of], "share"), *_parts(measure)]
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    lines = [headline(measure, of), between(found), ""]
    lines += [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}".rstrip() for a, b, c in rows]
    movers = _movers(found, measure, of, top)
    if movers:
        wide = max(len(amount) for amount, _ in movers)
        lines += ["", "What moved it"]
        lines += [line for amount, said in movers for line in wrapped(f"  {amount:>{wide}}  ", said)]
    latency = latency_lines(found)
    lines += ["", latency[0], *(line for said in latency[1:] for line in wrapped("  ", said))] if latency else []
    if found.realised is not None:
        lines += ["", *_realised_lines(found.realised)]
    return "\n".join([*lines, *notes(found)])


def _parts(measure: Measure) -> list[tuple[str, str, str]]:
    present = sorted((part for part in PARTS if measure.parts[part]), key=lambda part: -abs(measure.parts[part]))
    amounts = _aligned([*(measure.parts[part] for part in present), measure.change])
    rows = [
        (PART_NAMES[part], amount, _share(share_of_change(measure.parts[part], measure)))
        for part, amount in zip(present, amounts, strict=False)
    ]
    return [*rows, ("change", amounts[-1], _share(1.0 if measure.change else None))]


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:,.1f} %"


def _aligned(amounts: list[Decimal]) -> list[str]:
    """Amounts with their signs and the decimals the largest needs; too little, either way, is `<$0.01`."""
    texts = aligned([abs(amount) for amount in amounts])
    signs = ["+" if amount > 0 else "-" if amount < 0 else "" for amount in amounts]
    return [text if text.startswith("<") else f"{sign}{text}" for sign, text in zip(signs, texts, strict=True)]


def _movers(found: Explanation, measure: Measure, of: str, top: int) -> list[tuple[str, str]]:
    movers = measure.movers[:top]
    rest = sum((mover.amount for mover in measure.movers[top:]), Decimal(0))
    said = [(mover.amount, f"{group(found, mover)}: {cause(mover, of)}") for mover in movers]
    if len(measure.movers) > top:
        said.append((rest, f"{count(len(measure.movers) - top, 'smaller cause')} together"))
    return list(zip(_aligned([amount for amount, _ in said]), [text for _, text in said], strict=True))


_PLAN_HEADINGS = ("lever", "predicted", "realised", "share", "verdict")


def _realised_cells(found: tuple[Realised, ...]) -> list[tuple[str, ...]]:
    savings = _aligned([amount for each in found for amount in (each.predicted_saving, each.realised_saving)])
    return [
        (each.lever, savings[2 * place], savings[2 * place + 1], _share(each.share), each.merit.value)
        for place, each in enumerate(found)
    ]


def _realised_lines(found: tuple[Realised, ...]) -> list[str]:
    rows = [_PLAN_HEADINGS, *_realised_cells(found)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_PLAN_HEADINGS))]
    lines = ["What the plan saves a call"]
    for name, *numbers, verdict in rows:
        aligned_numbers = [cell.rjust(width) for cell, width in zip(numbers, widths[1:4], strict=True)]
        lines.append("  ".join([f"  {name:<{widths[0]}}", *aligned_numbers, verdict]))
    return lines


def _realised_rows(found: tuple[Realised, ...]) -> list[str]:
    rows = [_PLAN_HEADINGS, ("---", "---:", "---:", "---:", "---"), *_realised_cells(found)]
    return [f"| {' | '.join(row)} |" for row in rows]
