"""An explanation in each of the forms an answer takes."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from llmaudit.analyses.dimensions import DIMENSIONS
from llmaudit.analyses.explain import Explanation, Measure, Mover
from llmaudit.analyses.explain_data import as_dict, share_of_change
from llmaudit.analyses.explain_latency import Moved
from llmaudit.analyses.explain_parts import PARTS
from llmaudit.analyses.explain_realised import Realised
from llmaudit.analyses.explain_sides import Side
from llmaudit.errors import NothingMeasured
from llmaudit.money import plain, shown
from llmaudit.render import json
from llmaudit.render.formats import Format
from llmaudit.render.names import markdown_cell, printable, sheet_cell
from llmaudit.render.rows import aligned
from llmaudit.render.wrapping import wrapped
from llmaudit.words import count

UNITS = {"per_day": "a day", "per_call": "a call", "total": "in all"}
PART_NAMES = {
    "volume": "volume",
    "group_mix": "which groups are called",
    "new": "new",
    "vanished": "no longer there",
    "retries": "retries",
    "response_cache": "response cache",
    "model_mix": "which models answer",
    "rate_mix": "tier, region, size class",
    "input_tokens": "input tokens per call",
    "cache": "prompt cache",
    "output_tokens": "output tokens per call",
    "price": "prices",
}
_LONGEST = 60
_MOST_MOVED = 3
_MILLION = 1_000_000


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
    lines = [f"**{headline(measure, of)}**", "", _between(found), ""]
    lines += [f"| part | {UNITS[of]} | share |", "| --- | ---: | ---: |"]
    lines += [f"| {name} | {amount} | {share} |" for name, amount, share in _parts(measure)]
    lines += ["", *(f"- {amount} {markdown_cell(said)}" for amount, said in _movers(found, measure, of, top))]
    latency = _latency(found)
    lines += ["", *(f"- {markdown_cell(line)}" for line in latency)] if latency else []
    if found.realised is not None:
        lines += ["", *_realised_rows(found.realised)]
    return "\n".join([*lines, *_notes(found)])


def _table(found: Explanation, measure: Measure, of: str, top: int) -> str:
    rows = [("part", UNITS[of], "share"), *_parts(measure)]
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    lines = [headline(measure, of), _between(found), ""]
    lines += [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}".rstrip() for a, b, c in rows]
    movers = _movers(found, measure, of, top)
    if movers:
        wide = max(len(amount) for amount, _ in movers)
        lines += ["", "What moved it"]
        lines += [line for amount, said in movers for line in wrapped(f"  {amount:>{wide}}  ", said)]
    latency = _latency(found)
    lines += ["", latency[0], *(line for said in latency[1:] for line in wrapped("  ", said))] if latency else []
    if found.realised is not None:
        lines += ["", *_realised_lines(found.realised)]
    return "\n".join([*lines, *_notes(found)])


def headline(measure: Measure, of: str) -> str:
    """The answer in a sentence: $1.59 a day became $1.85 (+16.4 %)."""
    before, after = aligned([measure.before, measure.after])
    if not measure.change:
        return f"It costs the same as before: {before} {UNITS[of]}."
    share = signed_percent(float(measure.change / measure.before)) if measure.before else "from nothing"
    return f"{before} {UNITS[of]} became {after} ({share})."


def signed_percent(share: float) -> str:
    """A relative change as a person reads it: +16.4 %."""
    return f"{share * 100:+,.1f} %"


def signed(amount: Decimal) -> str:
    """An amount with its sign."""
    return f"+{shown(amount)}" if amount > 0 else shown(amount)


def _between(found: Explanation) -> str:
    before, after = (
        f"{printable(side.label)} ({count(side.whole.calls, 'call')})" for side in (found.before, found.after)
    )
    where = f" where {printable(found.before.where)}" if found.before.where else ""
    return f"From {before} to {after}{where}."


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
    said = [(mover.amount, f"{_group(found, mover)}: {cause(mover, of)}") for mover in movers]
    if len(measure.movers) > top:
        said.append((rest, f"{count(len(measure.movers) - top, 'smaller cause')} together"))
    return list(zip(_aligned([amount for amount, _ in said]), [text for _, text in said], strict=True))


def _group(found: Explanation, mover: Mover) -> str:
    if mover.others:
        return f"{mover.others:,} other groups"
    return _name(found.by, mover.key)


def _name(by: tuple[str, ...], key: tuple[str | None, ...]) -> str:
    names = []
    for dimension, value in zip(by, key, strict=True):
        unnamed = DIMENSIONS[dimension].unnamed if dimension in DIMENSIONS else "(unattributed)"
        names.append(unnamed if value is None else printable(value) or "(empty)")
    whole = ", ".join(names)
    return whole if len(whole) <= _LONGEST else whole[: _LONGEST - 1] + "…"


def cause(mover: Mover, of: str) -> str:
    """What changed, with the number behind it: input tokens per call 2,015 → 3,208 (gpt-4o)."""
    model = printable(mover.model) if mover.model else "(unknown)"
    special = (mover.rate_class or "").removeprefix("standard").removeprefix(", ")
    here = f"{model}, {special}" if special else model
    match mover.part:
        case "volume":
            return f"calls {UNITS[of]} {_numbers(mover)}" if of == "per_day" else f"calls {_numbers(mover)}"
        case "group_mix":
            return f"share of the calls {_shares(mover)}"
        case "new":
            return "new"
        case "vanished":
            return "no longer there"
        case "retries":
            return f"tries per call {_numbers(mover)}"
        case "response_cache":
            return f"answered from the response cache {_shares(mover)}"
        case "model_mix":
            return f"calls answered by {model} {_shares(mover)}"
        case "rate_mix":
            return f"calls of {model} at {mover.rate_class} {_shares(mover)}"
        case "cache":
            return f"input read from the prompt cache {_shares(mover)} ({here})"
        case "price":
            return f"price of {_METERS[mover.meter or 'request']} {_prices(mover)} ({here})"
    return f"{PART_NAMES[mover.part]} {_numbers(mover)} ({here})"


_METERS = {
    "input": "input",
    "cache_read": "cache reads",
    "cache_write": "cache writes",
    "cache_write_1h": "cache writes for an hour",
    "output": "output",
    "request": "a request",
}


def _numbers(mover: Mover) -> str:
    return _arrow(mover, _number)


def _shares(mover: Mover) -> str:
    return _arrow(mover, lambda value: f"{float(value) * 100:.1f} %")


def _prices(mover: Mover) -> str:
    scale, unit = (1, "") if mover.meter == "request" else (_MILLION, " per M")
    return _arrow(mover, lambda value: f"${float(value * scale):.4g}") + unit


def _arrow(mover: Mover, text: Callable[[Fraction], str]) -> str:
    before, after = ("?" if value is None else text(value) for value in (mover.before, mover.after))
    return f"{before} → {after}"


def _number(value: Fraction) -> str:
    number = float(value)
    return f"{number:,.0f}" if number >= 1000 else f"{number:.4g}"


def _latency(found: Explanation) -> list[str]:
    latency = found.latency
    if latency is None:
        return []
    about = "" if latency.exact else ", to 1 %"
    lines = [
        f"P95 of the duration: {_seconds(latency.before_seconds)} → {_seconds(latency.after_seconds)}"
        f" ({count(latency.calls_before, 'call')}, then {latency.calls_after:,}{about})."
    ]
    if latency.few:
        return [*lines, "So few calls say little about a percentile."]
    lines += [_moved(_name(found.by, each.name), each) for each in latency.groups[:_MOST_MOVED] if each.moved_seconds]
    if found.by != ("model",):
        models = [each for each in latency.models[:_MOST_MOVED] if each.moved_seconds]
        lines += [_moved(_name(("model",), each.name), each) for each in models]
    return [*lines, *map(_stage, latency.stages)]


def _moved(name: str, each: Moved) -> str:
    own = f"{_seconds(each.before_seconds)} → {_seconds(each.after_seconds)}"
    return f"{name} moved it by {each.moved_seconds or 0.0:+.3g} s; its own P95: {own}"


_STAGES = {"time_to_first_token_seconds": "to the first token", "seconds_after_first_token": "after the first token"}


def _stage(each: Moved) -> str:
    return f"time {_STAGES[each.name[0] or '']}: P95 {_seconds(each.before_seconds)} → {_seconds(each.after_seconds)}"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g} s"


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


def _notes(found: Explanation) -> list[str]:
    said = []
    for side in (found.before, found.after):
        unpriced = side.whole.unpriced_calls
        if unpriced:
            said.append(f"{printable(side.label)}: {count(unpriced, 'call')} without a known cost left out.")
        if side.beyond_record:
            said.append(
                f"{printable(side.label)}: reaches beyond the calls on record; "
                f"{side.since:%Y-%m-%d %H:%M} to {side.until:%Y-%m-%d %H:%M} is counted."
            )
    if found.before.overlaps(found.after):
        said.append("The two periods overlap: calls in both change nothing.")
    books = list(dict.fromkeys(_book(side) for side in (found.before, found.after)))
    said += [f"Prices: {', then '.join(books)}"]
    return ["", *said]


def _book(side: Side) -> str:
    return side.price_book or "not known"
