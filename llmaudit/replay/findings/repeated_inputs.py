"""The same texts embedded over and over: a cache would have answered them."""

from collections.abc import Iterator

from llmaudit.replay.attributes import INPUT_HASH
from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput, Rest
from llmaudit.replay.findings.measured import median, path_share, percent, predicted_p95_seconds, seconds, with_queries
from llmaudit.replay.span import Span

_ENOUGH = 0.05
"""Below this share of repeats a cache is not worth its keeping."""
_NOTICEABLE = 0.02
"""The share of the critical path from which anybody would notice."""


def _look(seen: ProbeInput) -> Iterator[Finding]:
    # Every round asks the same again, which says nothing about users: each query file line counts once.
    lines: dict[str, list[Span]] = {}
    for query, span in with_queries(seen.run, "embedding"):
        if INPUT_HASH in span.attributes and query.round == 1:
            lines.setdefault(query.query_id, []).append(span)
    first_round = [span for found in lines.values() for span in found]
    inputs = [span.attributes[INPUT_HASH] for span in first_round]
    repeats = len(inputs) - len(set(inputs))
    if not inputs or repeats / len(inputs) < _ENOUGH or path_share(seen.run, "embedding") < _NOTICEABLE:
        return
    repeated = _repeated(seen)
    yield Finding(
        id=PROBE.id,
        stage="embedding",
        says=f"{percent(repeats / len(inputs))} of the texts embedded had been embedded before: cache them",
        evidence={
            "embedded": len(inputs),
            "distinct": len(set(inputs)),
            "repeat_share": repeats / len(inputs),
            "embedding_p50_seconds": median([seconds(span) for span in first_round]),
        },
        fix="cache embeddings by model and text (they never change), in memory or in Redis",
        predicted_p95_seconds=predicted_p95_seconds(
            seen.run, "embedding", lambda span: 0 if id(span) in repeated else span.duration_ns
        ),
        basis=Rest.ESTIMATED,
    )


def _repeated(seen: ProbeInput) -> set[int]:
    """The spans that a cache which is emptied before every round would have answered."""
    known: set[tuple[int, object]] = set()
    repeated = set()
    for query, span in sorted(with_queries(seen.run, "embedding"), key=lambda found: found[1].start_ns):
        key = (query.round, span.attributes.get(INPUT_HASH, id(span)))
        if key in known:
            repeated.add(id(span))
        known.add(key)
    return repeated


PROBE = Probe(
    id="repeated_inputs",
    stage="embedding",
    looks_at="texts embedded more than once in one round",
    fix="cache embeddings by model and text",
    look=_look,
)
