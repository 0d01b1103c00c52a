"""A question is one short text: asking somebody else for its vector is mostly the way there and back."""

from collections.abc import Iterator

from llmaudit.replay.attributes import LOCAL
from llmaudit.replay.durations import shown_seconds
from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput, Rest
from llmaudit.replay.findings.measured import median, path_share, percent, predicted_p95_seconds, seconds, spans

_NOTICEABLE = 0.2
"""The share of the critical path from which it is worth a second model server."""


def _look(seen: ProbeInput) -> Iterator[Finding]:
    remote = [span for span in spans(seen.run, "embedding") if span.attributes.get(LOCAL) is False]
    share = path_share(seen.run, "embedding")
    if not remote or share < _NOTICEABLE:
        return
    usual = median([seconds(span) for span in remote])
    yield Finding(
        id=PROBE.id,
        stage="embedding",
        says=f"embedding the question at a provider takes {shown_seconds(usual)}, {percent(share)} of an answer",
        evidence={
            "calls": len(remote),
            "embedding_p50_seconds": usual,
            "critical_path_share": share,
            # A local model takes some time too; nothing measured says how much, so this is what it could spare at most.
            "prediction": "at most: as if embedding took no time",
        },
        fix="embed questions with a local model; the documents have to be embedded again with the same one",
        predicted_p95_seconds=predicted_p95_seconds(seen.run, "embedding", lambda _span: 0),
        basis=Rest.ESTIMATED,
    )


PROBE = Probe(
    id="remote_embedding",
    stage="embedding",
    looks_at="embedding by a provider against its share of the critical path",
    fix="a local embedding model",
    look=_look,
)
