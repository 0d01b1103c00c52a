"""Which stage makes the answers slow: by its share of the critical path, in the middle and in the tail.

Ranking is by that share and nothing else. A missing index behind a slow model is a finding, not the bottleneck.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from llmaudit.replay.critical_path import NO_STAGE, WAITING, by_stage
from llmaudit.replay.findings.finding import Finding
from llmaudit.replay.percentiles import P50, P95, P99, Percentile, percentile, rank
from llmaudit.replay.run import Outcome, QueryRun, Run
from llmaudit.replay.span import Span, Status, Value
from llmaudit.replay.stage_spans import began_failing, first_token_of, outermost, per_output_token_of, shares

if TYPE_CHECKING:
    from llmaudit.replay.slo import Slo

_SECOND = 1_000_000_000


class Verdict(StrEnum):
    """What the answer is."""

    BOTTLENECK = "bottleneck"
    WITHIN_SLO = "within_slo"
    NO_SUCCESS = "no_success"
    """No query was answered as it should be; where they failed is known, what makes them slow is not."""


@dataclass(frozen=True, slots=True)
class Times:
    """Percentiles in seconds, of the same values; None where there are none."""

    p50: Percentile | None = None
    p95: Percentile | None = None
    p99: Percentile | None = None

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Times":
        return cls(*(percentile(seconds, share) for share in (P50, P95, P99)))


@dataclass(frozen=True, slots=True)
class StageTimes:
    """One stage. `calls` counts its spans that are not inside another of the same stage; `times` are of the good ones.

    The shares are of the latency of all successful queries, of those in the middle (from the 40th to the 60th
    percentile) and of those in the tail (from the 95th on); None where no query was answered. `errors` and `timeouts`
    count the spans in which a failure began.
    """

    stage: str
    calls: int
    times: Times
    critical_path_share: float | None
    p50_share: float | None
    p95_share: float | None
    errors: int
    timeouts: int
    error_types: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Objective:
    """One limit and what was measured. `met` is None where nothing was: unknown is not good."""

    name: str
    limit: float
    value: float | None
    met: bool | None


@dataclass(frozen=True, slots=True)
class WarmUp:
    """What came before the measurement: a first query may pay for connections, models and caches."""

    queries: int
    failed: int
    first_seconds: float | None
    p50_seconds: float | None


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """The answer. `slowest` names the stage with the largest share overall, in the middle and in the tail.

    `error_types` counts how the failed queries ended in which no stage failed.
    """

    queries: int
    rounds: int
    measured: int
    errors: int
    timeouts: int
    fallbacks: int
    wall: Times
    time_to_first_token: Times
    time_per_output_token: Times
    stages: tuple[StageTimes, ...]
    verdict: Verdict
    slowest: str | None
    slowest_p50: str | None
    slowest_p95: str | None
    objectives: tuple[Objective, ...]
    goodput_per_second: float | None
    warmup: WarmUp
    error_types: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[str, Value] = field(default_factory=dict)
    events: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def bottleneck(self) -> str | None:
        """The stage to work on, if there is any need."""
        return self.slowest if self.verdict is Verdict.BOTTLENECK else None

    @property
    def missed(self) -> tuple[Objective, ...]:
        """The limits that were not kept."""
        return tuple(each for each in self.objectives if each.met is False)


def diagnose(run: Run, slo: "Slo | None" = None) -> Bottleneck:
    """The answer that a run gives, without findings. A run in which nothing was measured has empty percentiles."""
    measured, successes = run.measured, sorted(run.successes, key=lambda query: query.latency_ns)
    wall = Times.of([query.latency_ns / _SECOND for query in successes])
    first_token = Times.of(
        [float(value) for query in measured for span in query.spans if (value := first_token_of(span)) is not None]
    )
    per_token = Times.of(
        [value for query in measured for span in query.spans if (value := per_output_token_of(span)) is not None]
    )
    counted = Counter(query.outcome for query in measured)
    objectives = _objectives(slo, wall, first_token, measured)
    stages = _stages(measured, successes)
    within = bool(objectives) and all(each.met for each in objectives)
    return Bottleneck(
        queries=len({query.query_id for query in measured}),
        rounds=len({query.round for query in measured}),
        measured=len(measured),
        errors=counted[Outcome.ERROR],
        timeouts=counted[Outcome.TIMEOUT],
        fallbacks=counted[Outcome.FALLBACK],
        wall=wall,
        time_to_first_token=first_token,
        time_per_output_token=per_token,
        stages=stages,
        verdict=Verdict.NO_SUCCESS if not successes else Verdict.WITHIN_SLO if within else Verdict.BOTTLENECK,
        slowest=_largest(stages, "critical_path_share"),
        slowest_p50=_largest(stages, "p50_share"),
        slowest_p95=_largest(stages, "p95_share"),
        objectives=objectives,
        goodput_per_second=_goodput(slo, measured),
        warmup=_warmup(run),
        error_types=Counter(
            query.error_type or query.outcome.value
            for query in measured
            if query.outcome in {Outcome.ERROR, Outcome.TIMEOUT} and not began_failing(query)
        ),
        facts=run.facts,
        events=tuple(event.text for event in run.events),
    )


def _stages(measured: Sequence[QueryRun], by_latency: Sequence[QueryRun]) -> tuple[StageTimes, ...]:
    """Every stage, in the order in which they start."""
    spans: defaultdict[str, list[Span]] = defaultdict(list)
    offsets: defaultdict[str, list[int]] = defaultdict(list)
    failed: defaultdict[str, list[Span]] = defaultdict(list)
    for query in measured:
        for stage, found in outermost(query).items():
            spans[stage] += found
            offsets[stage].append(min(span.start_ns for span in found) - query.start_ns)
        for span in began_failing(query):
            failed[span.stage].append(span)
    overall, middle, tail = shares(by_latency), shares(_middle(by_latency)), shares(_tail(by_latency))
    order = sorted(spans, key=lambda stage: (sum(offsets[stage]) / len(offsets[stage]), stage))
    names = [*([WAITING] if WAITING in overall else []), *order, *([NO_STAGE] if NO_STAGE in overall else [])]
    return tuple(
        StageTimes(
            stage=stage,
            calls=len(spans[stage]),
            times=Times.of(_seconds(stage, spans[stage], by_latency)),
            critical_path_share=overall.get(stage, 0.0) if overall else None,
            p50_share=middle.get(stage, 0.0) if middle else None,
            p95_share=tail.get(stage, 0.0) if tail else None,
            errors=sum(span.status is Status.ERROR for span in failed[stage]),
            timeouts=sum(span.status is Status.TIMEOUT for span in failed[stage]),
            error_types=Counter(span.error_type or span.status.value for span in failed[stage]),
        )
        for stage in names
    )


def _seconds(stage: str, spans: Sequence[Span], successes: Sequence[QueryRun]) -> list[float]:
    """How long the calls of a stage took; for what is no stage, how much of it each query had."""
    if stage in {WAITING, NO_STAGE}:
        return [spent / _SECOND for query in successes if (spent := by_stage(query).get(stage))]
    return [span.duration_ns / _SECOND for span in spans if span.status is Status.OK]


def _middle(by_latency: Sequence[QueryRun]) -> Sequence[QueryRun]:
    n = len(by_latency)
    return by_latency[n * 2 // 5 : -(-n * 3 // 5)]


def _tail(by_latency: Sequence[QueryRun]) -> Sequence[QueryRun]:
    """The queries at the 95th percentile and beyond."""
    return by_latency[rank(len(by_latency), P95) - 1 :]


def _largest(stages: Sequence[StageTimes], share: str) -> str | None:
    most = max(stages, key=lambda each: getattr(each, share) or 0.0, default=None)
    return most.stage if most is not None and getattr(most, share) else None


def _objectives(
    slo: "Slo | None", wall: Times, first_token: Times, measured: Sequence[QueryRun]
) -> tuple[Objective, ...]:
    failed = sum(query.outcome is not Outcome.OK for query in measured) / len(measured) if measured else None
    values: dict[str, Percentile | float | None] = {
        "p50": wall.p50, "p95": wall.p95, "p99": wall.p99,
        "ttft_p50": first_token.p50, "ttft": first_token.p95, "ttft_p99": first_token.p99, "errors": failed,
    }  # fmt: skip
    found = []
    for name, limit in (slo.limits if slo else {}).items():
        measure = values[name]
        value = measure.value if isinstance(measure, Percentile) else measure
        found.append(Objective(name, limit, value, None if value is None else value <= limit))
    return tuple(found)


def _goodput(slo: "Slo | None", measured: Sequence[QueryRun]) -> float | None:
    """Queries a second that were answered within the limits for p95 and first token; None without such a limit."""
    if slo is None or (slo.p95 is None and slo.ttft is None) or not measured:
        return None
    good = [query for query in measured if query.outcome is Outcome.OK and _within(slo, query)]
    span_ns = max(query.end_ns for query in measured) - min(query.intended_start_ns for query in measured)
    return len(good) * _SECOND / span_ns if span_ns else None


def _within(slo: "Slo", query: QueryRun) -> bool:
    first_tokens = [value for span in query.spans if (value := first_token_of(span)) is not None]
    in_time = slo.p95 is None or query.latency_ns <= slo.p95 * _SECOND
    return in_time and (slo.ttft is None or (bool(first_tokens) and max(first_tokens) <= slo.ttft))


def _warmup(run: Run) -> WarmUp:
    before = [query for query in run.queries if query.warmup]
    seconds = [query.latency_ns / _SECOND for query in before if query.outcome is Outcome.OK]
    median = percentile(seconds, P50)
    first = min(before, key=lambda query: query.start_ns, default=None)
    return WarmUp(
        queries=len(before),
        failed=len(before) - len(seconds),
        first_seconds=None if first is None or first.outcome is not Outcome.OK else first.latency_ns / _SECOND,
        p50_seconds=None if median is None else median.value,
    )
