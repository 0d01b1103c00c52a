"""Answers that come whole: the user looks at nothing until the last token."""

from collections.abc import Iterator

from llmaudit.replay.attributes import OUTPUT_TOKENS, STREAMED
from llmaudit.replay.durations import shown_seconds
from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput, Rest
from llmaudit.replay.findings.measured import median, number, p95_seconds, path_share, seconds, spans

_NOTICEABLE = 0.2


def _look(seen: ProbeInput) -> Iterator[Finding]:
    found = spans(seen.run, "generation")
    whole = [span for span in found if span.attributes.get(STREAMED) is False]
    if not whole or path_share(seen.run, "generation") < _NOTICEABLE:
        return
    tokens = [count for span in whole if (count := number(span, OUTPUT_TOKENS)) is not None]
    yield Finding(
        id=PROBE.id,
        stage="generation",
        says=f"{len(whole)} of {len(found)} answers are not streamed: nothing is seen for"
        f" {shown_seconds(median([seconds(span) for span in whole]))}",
        evidence={
            "calls": len(found),
            "not_streamed": len(whole),
            "generation_p50_seconds": median([seconds(span) for span in whole]),
            "output_tokens_p50": median(tokens) if tokens else None,
            "prediction": "the last token comes no sooner; the first one does",
        },
        fix="stream=True, and show tokens as they come",
        predicted_p95_seconds=p95_seconds(seen.run),
        basis=Rest.MEASURED,
    )


PROBE = Probe(
    id="not_streamed",
    stage="generation",
    looks_at="whether answers are streamed",
    fix="`stream=True`",
    look=_look,
)
