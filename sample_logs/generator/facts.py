"""What is true about the month, worked out from the calls and not from the logs: a check for later answers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256

from .calls import CLAUDE, GEMINI, GPT, Call
from .month import OVERLAP_IN, OVERLAP_LINES, PLAIN, REPEATED_IN, REPEATED_LINES, TORN, Month
from .prompts import FAQ_SYSTEM
from .rhythm import OUTAGE, PROMPT_CHANGE

# USD per million tokens: input, cache read, cache write (5 minutes), output.
# SOURCE: genai-prices 0.2.3 for October 2026; read 2026-11-23.
_PRICES = {
    GPT: (Decimal("2.50"), Decimal("1.25"), Decimal(0), Decimal("10.00")),
    CLAUDE: (Decimal("3.00"), Decimal("0.30"), Decimal("3.75"), Decimal("15.00")),
    GEMINI: (Decimal("0.30"), Decimal("0.03"), Decimal(0), Decimal("2.50")),
}
_BEGIN, _END = "<!-- facts: written by generate.py -->\n", "<!-- end of facts -->"


def insert(readme: str, facts: str) -> str:
    """`readme` with the text between its two markers replaced by `facts`."""
    before, rest = readme.split(_BEGIN)
    return before + _BEGIN + facts + _END + rest.split(_END)[1]


def list_cost(call: Call) -> Decimal:
    """Dollars at list price; nothing for a call without an answer."""
    if call.status != 200:
        return Decimal(0)
    fresh, read, write, out = _PRICES[call.model]
    uncached = call.prompt_tokens - call.cached_tokens - call.written_tokens
    parts = (uncached, fresh), (call.cached_tokens, read), (call.written_tokens, write), (call.output_tokens, out)
    return sum((tokens * price for tokens, price in parts), Decimal(0)) / 1_000_000


def render(month: Month) -> str:
    """The facts as Markdown."""
    sections = (_accounting, _files, _applications, _shape)
    return "\n".join(section(month) for section in sections)


def _accounting(month: Month) -> str:
    records = sum(_lines(text) for text in month.files.values())
    rows = [
        ("records (lines) in all files", records),
        ("calls, each counted once", len(month.calls)),
        (f"duplicates: lines sent twice in `{REPEATED_IN}`", len(REPEATED_LINES)),
        (f"duplicates: records of the week before that stand in `{OVERLAP_IN}` again", OVERLAP_LINES),
        (f"unreadable: the torn last line of `{TORN}`", len(month.torn_calls)),
    ]
    return "### What ingest must count\n\n" + _table(("records", "number"), rows)


def _files(month: Month) -> str:
    rows = [
        (f"`{name}{'.jsonl' if name == PLAIN else '.jsonl.gz'}`", _lines(text)) for name, text in month.files.items()
    ]
    return "### Lines per file\n\n" + _table(("file", "lines"), rows)


def _applications(month: Month) -> str:
    heads = ("application", "calls", "answered", "input tokens", "cached", "written", "output tokens", "list cost, USD")
    return (
        "### Applications, at list price\n\n"
        + _table(heads, [*_totals(month, lambda call: call.app), *_totals(month, lambda call: "**all**")])
        + "\n### Models\n\n"
        + _table(("model", *heads[1:]), _totals(month, lambda call: f"`{call.model}`"))
    )


def _totals(month: Month, key: Callable[[Call], str]) -> list[Sequence[object]]:
    groups: dict[str, list[Call]] = defaultdict(list)
    for call in month.calls:
        groups[key(call)].append(call)
    return [_total(name, groups[name]) for name in sorted(groups)]


def _total(name: str, calls: list[Call]) -> Sequence[object]:
    answered = [call for call in calls if call.status == 200]
    return (
        name,
        len(calls),
        len(answered),
        sum(call.prompt_tokens for call in answered),
        sum(call.cached_tokens for call in answered),
        sum(call.written_tokens for call in answered),
        sum(call.output_tokens for call in answered),
        f"{sum(map(list_cost, calls), Decimal(0)):f}",
    )


def _shape(month: Month) -> str:
    answered = [call for call in month.calls if call.status == 200]
    eligible = [call for call in answered if call.model == GPT and call.prompt_tokens >= 1024]
    marked = [call for call in answered if call.model == CLAUDE and "cache_control" in call.request["system"][0]]
    chats = [call for call in answered if call.app == "assistant"]
    before = [call.prompt_tokens for call in chats if call.started_at < PROMPT_CHANGE]
    after = [call.prompt_tokens for call in chats if call.started_at >= PROMPT_CHANGE]
    asked = [call for call in answered if call.app == "faq"]
    statuses = Counter(call.status for call in month.calls if call.status != 200)
    total = sum(map(list_cost, answered), Decimal(0))
    forgotten = sum((list_cost(call) for call in answered if call.app == "script"), Decimal(0))
    rows = [
        (
            "simple: question of at most 60 tokens, answer of at most 120, no tool call",
            _share(sum(call.simple for call in answered), len(answered)),
        ),
        ("FAQ questions asked word for word within the 24 hours before", _share(_repeats(asked), len(asked))),
        (
            "OpenAI calls of 1,024 tokens and more that report cached tokens",
            _share(sum(call.cached_tokens > 0 for call in eligible), len(eligible)),
        ),
        (
            "Anthropic calls with `cache_control` that read from the cache",
            _share(sum(call.cached_tokens > 0 for call in marked), len(marked)),
        ),
        ("cost made by the dearest fifth of the users (calls that name one)", _top_fifth(answered, _user)),
        (
            "cost made by the dearest fifth of the conversations",
            _top_fifth(answered, lambda call: call.facts.get("conversation")),
        ),
        ("cost that no rule attributes: the forgotten script", f"{forgotten / total:.1%}"),
        (
            "mean prompt of the assistant before and from 2026-10-20, tokens",
            f"{sum(before) / len(before):.0f}, {sum(after) / len(after):.0f}",
        ),
        (
            "errors: status 429, 500, 503, 408 (no answer)",
            ", ".join(str(statuses[status]) for status in (429, 500, 503, 408)),
        ),
        (
            f"errors in the outage, {OUTAGE[0]:%Y-%m-%d %H:%M} to {OUTAGE[1]:%H:%M} UTC",
            sum(_in_outage(call) for call in month.calls),
        ),
        ("second and third attempts", sum(call.attempt > 1 for call in month.calls)),
        ("sha256 of the FAQ bot's system prompt", f"`{sha256(FAQ_SYSTEM.encode()).hexdigest()}`"),
    ]
    return "### Shape\n\n" + _table(("what", "value"), rows)


def _in_outage(call: Call) -> bool:
    return call.status == 503 and OUTAGE[0] <= call.started_at < OUTAGE[1]


def _user(call: Call) -> str | None:
    named: str | None = call.request.get("user") or call.request.get("metadata", {}).get("user_id")
    return named


def _repeats(calls: Iterable[Call]) -> int:
    last: dict[str, Call] = {}
    repeats = 0
    for call in calls:
        question = call.request["messages"][-1]["content"]
        if question in last and call.started_at - last[question].started_at < timedelta(hours=24):
            repeats += 1
        last[question] = call
    return repeats


def _top_fifth(calls: Iterable[Call], key: Callable[[Call], str | None]) -> str:
    costs: dict[str, Decimal] = defaultdict(Decimal)
    for call in calls:
        if (name := key(call)) is not None:
            costs[name] += list_cost(call)
    dearest = sorted(costs.values(), reverse=True)
    return f"{sum(dearest[: len(dearest) // 5]) / sum(dearest):.1%} ({len(dearest) // 5} of {len(dearest)})"


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.1%})"


def _lines(text: str) -> int:
    return len(text.splitlines())


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    rule = ["---", *["---:" for _ in heads[1:]]]
    return "".join("| " + " | ".join(map(str, row)) + " |\n" for row in (heads, rule, *rows))
