"""Reranking that costs by the document, and many documents."""

from collections.abc import Iterator

from llmaudit.replay.attributes import DOCUMENTS
from llmaudit.replay.durations import shown_seconds
from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput, Rest
from llmaudit.replay.findings.fit import line
from llmaudit.replay.findings.measured import median, number, path_share, predicted_p95_seconds, seconds, spans
from llmaudit.replay.span import Span

_FEWER = 20
"""To how many documents the proposal cuts them: what is returned is a handful."""
_NOTICEABLE = 0.2


def _look(seen: ProbeInput) -> Iterator[Finding]:
    known = [(documents, span) for span in spans(seen.run, "rerank") if (documents := number(span, DOCUMENTS))]
    share = path_share(seen.run, "rerank")
    if not known or share < _NOTICEABLE:
        return
    usual = median([documents for documents, _ in known])
    if usual <= _FEWER:
        return
    fitted = line([documents for documents, _ in known], [seconds(span) for _, span in known])
    if fitted is not None and not fitted.rises:
        return
    # With one number of documents throughout, its part of the time cannot be told from the rest: taken to be all of it.
    each = fitted.slope if fitted else median([seconds(span) / documents for documents, span in known])

    def fewer(span: Span) -> int:
        spared = max(0.0, (number(span, DOCUMENTS) or 0.0) - _FEWER)
        return max(0, span.duration_ns - int(spared * each * 1e9))

    yield Finding(
        id=PROBE.id,
        stage="rerank",
        says=f"reranking {usual:.0f} documents costs {shown_seconds(each)} each; {_FEWER} of them would save"
        f" {shown_seconds((usual - _FEWER) * each)}",
        evidence={
            "calls": len(known),
            "documents_p50": usual,
            "seconds_per_document": each,
            "interval": None if fitted is None else [fitted.low, fitted.high],
            "critical_path_share": share,
        },
        fix=f"rerank {_FEWER} documents (top_k of the retrieval), or a smaller reranking model",
        predicted_p95_seconds=predicted_p95_seconds(seen.run, "rerank", fewer),
        basis=Rest.ESTIMATED,
    )


PROBE = Probe(
    id="rerank_documents",
    stage="rerank",
    looks_at="time against the number of documents",
    fix="fewer documents, a smaller reranking model",
    look=_look,
)
