"""Most of the generation goes into writing the answer, token by token."""

from collections.abc import Iterator

from llmaudit.replay.attributes import FIRST_TOKEN_SECONDS, MODEL, OUTPUT_TOKENS
from llmaudit.replay.durations import shown_seconds
from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput, Rest
from llmaudit.replay.findings.measured import median, number, path_share, predicted_p95_seconds, seconds, spans
from llmaudit.replay.span import Span

_MUCH = 0.5
"""The share of the generation that writing has to take to be the reason."""
_NOTICEABLE = 0.2


def _look(seen: ProbeInput) -> Iterator[Finding]:
    known = [
        (tokens, seconds(span) - first, span)
        for span in spans(seen.run, "generation")
        if (tokens := number(span, OUTPUT_TOKENS)) is not None
        and tokens > 1
        and (first := number(span, FIRST_TOKEN_SECONDS)) is not None
    ]
    if not known or path_share(seen.run, "generation") < _NOTICEABLE:
        return
    writing = median([took for _, took, _ in known])
    whole = median([seconds(span) for _, _, span in known])
    if writing < _MUCH * whole:
        return
    # The first token is not part of it: its time is that to the first token.
    each = median([took / (tokens - 1) for tokens, took, _ in known])
    usual = median([tokens for tokens, _, _ in known])

    def half(span: Span) -> int:
        return span.duration_ns - int(each * (number(span, OUTPUT_TOKENS) or 0) / 2 * 1e9)

    yield Finding(
        id=PROBE.id,
        stage="generation",
        says=f"writing {usual:,.0f} tokens takes {shown_seconds(writing)} of {shown_seconds(whole)},"
        f" {shown_seconds(each)} each; half as many would save {shown_seconds(each * usual / 2)}",
        evidence={
            "calls": len(known),
            "models": sorted({str(span.attributes[MODEL]) for _, _, span in known if MODEL in span.attributes}),
            "output_tokens_p50": usual,
            "seconds_per_output_token": each,
            "decode_p50_seconds": writing,
            "generation_p50_seconds": whole,
        },
        fix="ask for shorter answers (and set max_tokens), or take a faster model or host",
        predicted_p95_seconds=predicted_p95_seconds(seen.run, "generation", half),
        basis=Rest.ESTIMATED,
    )


PROBE = Probe(
    id="slow_decode",
    stage="generation",
    looks_at="time after the first token, per output token",
    fix="shorter answers, a faster model or host",
    look=_look,
)
