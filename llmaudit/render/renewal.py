"""What settings made of a store, and what of them means nothing to it, as lines for standard error."""

from collections.abc import Iterable

from llmaudit.ingest.renewal import Renewal
from llmaudit.pricing import IdlePrice
from llmaudit.render.names import printable
from llmaudit.words import count


def lines(renewal: Renewal, *, has_file: bool) -> list[str]:
    """A line for each thing that changed; `has_file` says whether there is an llmaudit.yaml in the working folder."""
    changed = [
        ("attributed", renewal.attributed, "feature, tier or environment"),
        ("judged", renewal.judged, "complexity"),
        ("priced", renewal.priced, "cost"),
    ]
    if has_file:
        start, how, hint = "note", "as llmaudit.yaml says now", []
    else:
        start, how = "warning", "without llmaudit.yaml, which is not in this folder"
        hint = ["hint: the next command that runs beside llmaudit.yaml derives them as before"]
    said = [
        f"{start}: {renewal.store}: {verb} anew {how}: {count(calls, 'call')} changed {what}"
        for verb, calls, what in changed
        if calls
    ]
    return [*said, *hint] if said else []


def idle(prices: Iterable[IdlePrice]) -> list[str]:
    """A line for each row of `prices:` that fits no model, with what may have been meant."""
    return [
        f"warning: {f'{price.at}: ' if price.at else ''}prices.{price.model}: fits no model of these calls"
        f"{f' at {price.provider}' if price.provider else ''}{_meant(price)}"
        for price in prices
    ]


def _meant(price: IdlePrice) -> str:
    if price.elsewhere:
        return f", only at {', '.join(printable(name) or '(no provider)' for name in price.elsewhere)}"
    return f": did you mean {printable(price.nearest)}?" if price.nearest else ""
