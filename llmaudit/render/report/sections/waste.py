"""What was paid for nothing."""

from decimal import Decimal

from llmaudit.render.report.parts import Section, amounts, counts, names, shares, table
from llmaudit.render.report.sentences import Document, money, wasted
from llmaudit.words import count

_KINDS = {
    "failed": "failed",
    "failed_again": "failed again",
    "reasoning_exhausted": "cut off while reasoning: nothing to read",
    "truncated": "cut off by the limit of tokens",
    "repeated": "the same request again, at temperature 0",
    "unread_cache_writes": "cache writes that nothing read",
}


def waste(said: Document) -> Section | None:
    found = said["waste"]
    lines = [line for line in found["lines"] if line["billed_calls"] or line["unpriced_calls"]]
    if not lines:
        return None
    largest = max(lines, key=lambda line: Decimal(line["high"]))
    mostly = f"; most of it: {_KINDS[largest['kind']]}" if Decimal(largest["high"]) > 0 and len(lines) > 1 else ""
    unknown = [line["unpriced_calls"] for line in lines]
    below = table(
        "What was paid for nothing",
        {
            "what": names([_KINDS[line["kind"]] for line in lines]),
            "calls": counts([line["calls"] for line in lines]),
            "billed": counts([line["billed_calls"] for line in lines]),
            "at least": amounts([line["low"] for line in lines]),
            "at most": amounts([line["high"] for line in lines]),
            "of the cost": shares([line["high_share"] for line in lines], bars=True),
            "basis": names([line["basis"] for line in lines]),
            **({"cost unknown": counts(unknown)} if any(unknown) else {}),
        },
        names_in=("what", "basis"),
    )
    notes = ["A call counts under the first heading that fits, so the lines add up."]
    if any(line["kind"] == "repeated" for line in lines):
        notes.append(
            "The same request again: had the first answer been kept for the whole period. "
            "What a cache with a lifetime would save, a plan with response_cache says."
        )
    if found["retries"]:
        notes.append(
            f"{count(found['retries'], 'call')} repeated a failed attempt, for {money(found['retries_cost'])}; "
            "only those that failed again are counted."
        )
    return Section(
        "waste",
        "Waste",
        f"{wasted(found)} bought nothing new, as far as the logs can tell{mostly}.",
        (),
        (below,),
        tuple(notes),
    )
