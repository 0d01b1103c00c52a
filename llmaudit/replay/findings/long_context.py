"""Most of the time to the first token goes into reading the prompt."""

from collections.abc import Iterator
from dataclasses import dataclass

from llmaudit.replay.attributes import DOCUMENTS, FIRST_TOKEN_SECONDS, INPUT_TOKENS
from llmaudit.replay.durations import shown_seconds
from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput, Rest
from llmaudit.replay.findings.fit import Line, line
from llmaudit.replay.findings.measured import median, number, predicted_p95_seconds, seconds, spans
from llmaudit.replay.span import Span

_MUCH = 0.3
"""The share of the generation that reading has to take to be worth a word."""
_TOP = 3
_HALF = 0.5


def _look(seen: ProbeInput) -> Iterator[Finding]:
    known = [
        (tokens, first, span)
        for span in spans(seen.run, "generation")
        if (tokens := number(span, INPUT_TOKENS)) and (first := number(span, FIRST_TOKEN_SECONDS)) is not None
    ]
    fitted = line([tokens for tokens, _, _ in known], [first for _, first, _ in known])
    if fitted is None or not fitted.rises:
        return
    usual = median([tokens for tokens, _, _ in known])
    reading = fitted.slope * usual
    whole = median([seconds(span) for _, _, span in known])
    if reading < _MUCH * whole:
        return
    first = median([first for _, first, _ in known])
    documents = median([number(span, DOCUMENTS) or 0 for _, _, span in known])
    yield from _report(seen, fitted, _Usual(usual, reading, first, documents), len(known))


@dataclass(frozen=True, slots=True)
class _Usual:
    """Medians: tokens of a prompt, seconds to read them, seconds to the first token, documents in the prompt or 0."""

    tokens: float
    reading: float
    first: float
    documents: float


def _report(seen: ProbeInput, fitted: Line, usual: _Usual, calls: int) -> Iterator[Finding]:
    cut = 1 - _TOP / usual.documents if usual.documents > _TOP else _HALF
    what = f"top {_TOP} documents" if usual.documents > _TOP else "half the context"

    def shorter(span: Span) -> int:
        return max(0, span.duration_ns - int(cut * fitted.slope * (number(span, INPUT_TOKENS) or 0) * 1e9))

    yield Finding(
        id=PROBE.id,
        stage="generation",
        says=f"{usual.tokens:,.0f} tokens of prompt cost {shown_seconds(usual.reading)} of {shown_seconds(usual.first)}"
        f" to the first token; {what} would save {shown_seconds(cut * usual.reading)}",
        evidence={
            "calls": calls,
            "input_tokens_p50": usual.tokens,
            "documents_p50": usual.documents or None,
            "first_token_p50_seconds": usual.first,
            "seconds_per_1000_input_tokens": 1_000 * fitted.slope,
            "interval": [1_000 * fitted.low, 1_000 * fitted.high],
            "explained": fitted.explained,
            "tokens_spared_share": cut,
        },
        fix=f"give the model {what}; keep what all prompts share at the front, where prompt caching finds it",
        predicted_p95_seconds=predicted_p95_seconds(seen.run, "generation", shorter),
        basis=Rest.ESTIMATED,
    )


PROBE = Probe(
    id="long_context",
    stage="generation",
    looks_at="a fit of the time to the first token on input tokens, with its 95 % interval",
    fix="fewer documents in the prompt, prompt caching",
    look=_look,
)
