"""A first query that pays for what all later ones find ready: connections, models, caches."""

from collections import defaultdict
from collections.abc import Iterator

from llmaudit.replay.durations import shown_seconds
from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput, Rest
from llmaudit.replay.findings.measured import median, p95_seconds
from llmaudit.replay.run import Outcome, QueryRun, Run
from llmaudit.replay.stage_spans import outermost

_TIMES = 2
"""How many times as long as usual a first query has to take."""


def _look(seen: ProbeInput) -> Iterator[Finding]:
    first = min(seen.run.queries, key=lambda query: query.start_ns)
    later = [query for query in seen.run.queries if query is not first and query.outcome is Outcome.OK]
    if first.outcome is not Outcome.OK or not later:
        return
    took, usual = _seconds(first), median([_seconds(query) for query in later])
    if took < _TIMES * usual or took <= max(map(_seconds, later)):
        return
    beyond = _beyond(first, later)
    stage = max(beyond, key=lambda name: beyond[name], default=None)
    if stage is None:
        return
    without = Run(tuple(query for query in seen.run.queries if query is not first), seen.run.facts)
    yield Finding(
        id=PROBE.id,
        stage=stage,
        says=f"the first query takes {shown_seconds(took)}, later ones {shown_seconds(usual)};"
        f" {shown_seconds(beyond[stage])} of that is {stage}",
        evidence={
            "first_seconds": took,
            "later_p50_seconds": usual,
            "beyond_usual_seconds": beyond,
            "first_is_warmup": first.warmup,
        },
        fix="ask one question before users do: open the connections, load the models, fill the caches",
        predicted_p95_seconds=p95_seconds(without) if without.successes else None,
        basis=Rest.MEASURED if without.successes else None,
    )


def _seconds(query: QueryRun) -> float:
    return (query.end_ns - query.start_ns) / 1e9


def _beyond(first: QueryRun, later: list[QueryRun]) -> dict[str, float]:
    """For each stage of the first query, the seconds it took beyond its median in later ones."""
    usual: defaultdict[str, list[float]] = defaultdict(list)
    for query in later:
        for stage, seconds in _by_stage(query).items():
            usual[stage].append(seconds)
    return {
        stage: seconds - (median(usual[stage]) if stage in usual else 0.0)
        for stage, seconds in _by_stage(first).items()
        # Time on the network is inside the stage that asked for it, and is told by that.
        if stage != "network"
    }


def _by_stage(query: QueryRun) -> dict[str, float]:
    return {stage: sum(span.duration_ns for span in spans) / 1e9 for stage, spans in outermost(query).items()}


PROBE = Probe(
    id="cold_start",
    stage="any",
    looks_at="the first query, warm-up or not, against the later ones",
    fix="a query at start-up that warms everything",
    look=_look,
)
