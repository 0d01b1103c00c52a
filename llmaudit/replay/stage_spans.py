"""What the spans of queries say of their stages: how long, which share, where a failure began."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from llmaudit.replay.attributes import FIRST_TOKEN_SECONDS, OUTPUT_TOKENS
from llmaudit.replay.critical_path import by_stage, children
from llmaudit.replay.run import QueryRun
from llmaudit.replay.span import Span, Status

_SECOND = 1_000_000_000


def first_token_of(span: Span) -> float | None:
    """The seconds to the first token of an answer, where somebody took it down; never the whole time instead."""
    value = span.attributes.get(FIRST_TOKEN_SECONDS)
    return float(value) if span.status is Status.OK and isinstance(value, int | float) else None


def per_output_token_of(span: Span) -> float | None:
    """The seconds for each token after the first, where both its time and their number were taken down.

    As vLLM has it: (whole − first token) / (tokens − 1), and nothing for an answer of one token.
    """
    first, tokens = first_token_of(span), span.attributes.get(OUTPUT_TOKENS)
    if first is None or isinstance(tokens, bool) or not isinstance(tokens, int) or tokens < 2:
        return None
    return (span.duration_ns / _SECOND - first) / (tokens - 1)


def shares(queries: Sequence[QueryRun]) -> dict[str, float]:
    """Each stage's share of the critical path of these queries together; the shares add up to 1."""
    spent: Counter[str] = Counter()
    for query in queries:
        spent.update(by_stage(query))
    whole = sum(spent.values())
    return {stage: part / whole for stage, part in spent.items()} if whole else {}


def outermost(query: QueryRun) -> dict[str, list[Span]]:
    """The spans of each stage that are not inside another of the same stage."""
    inside = children(query.spans)
    found: defaultdict[str, list[Span]] = defaultdict(list)
    waiting: list[tuple[Span, frozenset[str]]] = [(span, frozenset()) for span in inside.get(None, ())]
    while waiting:
        span, around = waiting.pop()
        if span.stage not in around:
            found[span.stage].append(span)
        waiting += [(part, around | {span.stage}) for part in inside.get(span.span_id, ())]
    return found


def began_failing(query: QueryRun) -> list[Span]:
    """The failed spans with no failed span inside: where a failure began, and not all it went through."""
    failed = [span for span in query.spans if span.status is not Status.OK]
    through = {span.parent_id for span in failed}
    return [span for span in failed if span.span_id not in through]
