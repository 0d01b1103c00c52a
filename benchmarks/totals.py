"""Are both sides' answers the same? Token totals and days of three reports, in one form."""

import json
from decimal import Decimal

Totals = dict[str, int | Decimal]


def of_llmaudit(answer: str) -> Totals:
    """From `llmaudit breakdown --by day --format json`, where input includes both caches."""
    report = json.loads(answer, parse_float=Decimal)
    total = report["total"]
    read, written = total["cache_read_input_tokens"], total["cache_creation_input_tokens"]
    uncached = total["input_tokens"] - read - written
    return _totals(len(report["groups"]), [uncached, read, written, total["output_tokens"]], total["list_cost"])


def of_ccusage(answer: str) -> Totals:
    """From `ccusage claude daily --json`, where input excludes the caches."""
    report = json.loads(answer, parse_float=Decimal)
    total = report["totals"]
    names = ("inputTokens", "cacheReadTokens", "cacheCreationTokens", "outputTokens")
    return _totals(len(report["daily"]), [total[name] for name in names], total["totalCost"])


def of_tokenjam(answer: str) -> Totals:
    """From `tj --json cost`, one row per day, where input excludes the caches."""
    report = json.loads(answer, parse_float=Decimal)
    names = ("input_tokens", "cache_tokens", "cache_write_tokens", "output_tokens")
    sums = [sum(row[name] for row in report["rows"]) for name in names]
    return _totals(len(report["rows"]), sums, report["total_cost_usd"])


def compare(ours: Totals | None, theirs: Totals, peer: str) -> str:
    """One sentence: the same totals, or every one that differs. Costs count as the same to a hundredth of a cent."""
    if ours is None:
        return f"{peer} counts " + ", ".join(f"{name} {value:,}" for name, value in theirs.items())
    differing = [
        f"{name}: ours {ours[name]:,}, {peer} {theirs[name]:,}" for name in theirs if ours[name] != theirs[name]
    ]
    if differing:
        return "NOT the same totals: " + "; ".join(differing)
    return "same totals: " + ", ".join(f"{name} {value:,}" for name, value in theirs.items())


def _totals(days: int, tokens: list[int], cost: object) -> Totals:
    names = ("input tokens", "cache reads", "cache writes", "output tokens")
    dollars = Decimal(str(cost)).quantize(Decimal("0.0001"))
    return {"days": days, **dict(zip(names, tokens, strict=True)), "USD": dollars}
