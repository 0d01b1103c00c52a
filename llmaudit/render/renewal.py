"""What settings made of a store, and what of them means nothing to it, as lines for standard error."""

from collections.abc import Sequence

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


def idle(prices: Sequence[IdlePrice]) -> list[str]:
    """A line for each row of `prices:` that fits no model but was meant for one; the others share a line.

    A price list that a company keeps for all its models is long, and the logs at hand may be of a few.
    """
    others = [price for price in prices if not price.elsewhere and not price.nearest]
    if len(others) < 2:
        return [_alone(price) for price in prices]
    rows = ", ".join(f"{price.model} ({price.at})" if price.at else price.model for price in others)
    together = f"warning: {len(others)} rows of prices fit no model of these calls: {rows}"
    return [*(_alone(price) for price in prices if price not in others), together]


def _alone(price: IdlePrice) -> str:
    return (
        f"warning: {f'{price.at}: ' if price.at else ''}prices.{price.model}: fits no model of these calls"
        f"{f' at {price.provider}' if price.provider else ''}{_meant(price)}"
    )


def _meant(price: IdlePrice) -> str:
    if price.elsewhere:
        return f", only at {', '.join(printable(name) or '(no provider)' for name in price.elsewhere)}"
    return f": did you mean {printable(price.nearest)}?" if price.nearest else ""
