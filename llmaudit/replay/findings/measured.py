"""What the probes take from a run: the spans of a stage, a middle, and the p95 that another duration would have given.

Only queries that were answered count, and of those only spans that ended well.
"""

from collections.abc import Iterator, Sequence

from llmaudit.replay.percentiles import P50, P95, percentile
from llmaudit.replay.run import QueryRun, Run
from llmaudit.replay.span import Span, Status
from llmaudit.replay.stage_spans import shares
from llmaudit.replay.what_if import Duration, with_stage


def spans(run: Run, stage: str) -> list[Span]:
    """The spans of a stage in the measured, answered queries."""
    return [span for _, span in with_queries(run, stage)]


def with_queries(run: Run, stage: str) -> Iterator[tuple[QueryRun, Span]]:
    """The same, each with its query."""
    for query in run.successes:
        for span in query.spans:
            if span.stage == stage and span.status is Status.OK:
                yield query, span


def number(span: Span, name: str) -> float | None:
    """A fact about a span as a number; None where it was not recorded."""
    value = span.attributes.get(name)
    return None if value is None or isinstance(value, str) else float(value)


def seconds(span: Span) -> float:
    return span.duration_ns / 1e9


def percent(share: float) -> str:
    """A share as a sentence has it."""
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"


def median(values: Sequence[float]) -> float:
    """The nearest-rank p50 of at least one value."""
    found = percentile(values, P50)
    assert found is not None
    return found.value


def p95_seconds(run: Run) -> float:
    """The nearest-rank p95 of the answered queries of a run that has some."""
    found = percentile([query.latency_ns / 1e9 for query in run.successes], P95)
    assert found is not None
    return found.value


def predicted_p95_seconds(run: Run, stage: str, duration: Duration) -> float:
    """The p95 of the whole answer if the spans of a stage had taken `duration`."""
    return p95_seconds(with_stage(run, stage, duration))


def stages(run: Run) -> list[str]:
    """The stages that answered queries went through, by name."""
    return sorted({span.stage for query in run.successes for span in query.spans if span.status is Status.OK})


def path_share(run: Run, stage: str) -> float:
    """The share of the critical path of all answered queries that went to a stage, from 0 to 1."""
    return shares(run.successes).get(stage, 0.0)
