"""What an explanation says in words: the answer in a sentence, what moved the cost, latency, and what else to know."""

from collections.abc import Callable
from fractions import Fraction

from llmaudit.analyses.dimensions import DIMENSIONS
from llmaudit.analyses.explain import Explanation, Measure, Mover
from llmaudit.analyses.explain_latency import Moved
from llmaudit.analyses.explain_sides import Side
from llmaudit.render.names import printable
from llmaudit.render.rows import aligned
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


def headline(measure: Measure, of: str) -> str:
    """The answer in a sentence: $1.59 a day became $1.85 (+16.4 %)."""
    before, after = aligned([measure.before, measure.after])
    if not measure.change:
        return f"It costs the same as before: {before} {UNITS[of]}."
    share = _signed_percent(float(measure.change / measure.before)) if measure.before else "from nothing"
    return f"{before} {UNITS[of]} became {after} ({share})."


def _signed_percent(share: float) -> str:
    """A relative change as a person reads it: +16.4 %."""
    return f"{share * 100:+,.1f} %"


def between(found: Explanation) -> str:
    """What was compared with what, and how many calls that are."""
    before, after = (
        f"{printable(side.label)} ({count(side.whole.calls, 'call')})" for side in (found.before, found.after)
    )
    where = f" where {printable(found.before.where)}" if found.before.where else ""
    return f"From {before} to {after}{where}."


def group(found: Explanation, mover: Mover) -> str:
    """Which calls moved the cost."""
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


def latency_lines(found: Explanation) -> list[str]:
    """How the P95 moved, then what moved it; nothing where no call was timed."""
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


def notes(found: Explanation) -> list[str]:
    """What the numbers leave out and which prices they are of, below an empty line."""
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
