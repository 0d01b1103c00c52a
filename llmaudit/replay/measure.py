"""Measure a pipeline or an application: open it, drive it, say what was found."""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace

from llmaudit.replay import app, attributes
from llmaudit.replay.bottleneck import Bottleneck, diagnose
from llmaudit.replay.clock import Clock
from llmaudit.replay.drive import Load, Progress, drive
from llmaudit.replay.findings.finding import ProbeInput
from llmaudit.replay.findings.registry import find
from llmaudit.replay.host import Host
from llmaudit.replay.http_timing import timing_http
from llmaudit.replay.pipeline import Pipeline, Plan, opened
from llmaudit.replay.pipeline.budget import Budget
from llmaudit.replay.queries import Query
from llmaudit.replay.run import Event, Run
from llmaudit.replay.slo import Slo
from llmaudit.replay.span import Value
from llmaudit.resilience.guard import Change


def of_pipeline(
    plan: Plan, queries: Sequence[Query], load: Load, slo: Slo, clock: Clock, progress: Progress, budget: Budget
) -> tuple[Run, Bottleneck]:
    """The run of a pipeline and what it says; a run that is interrupted (Ctrl-C) says what it has."""

    async def measured() -> tuple[Run, Bottleneck]:
        async with opened(plan, clock, budget) as pipeline:
            run = await run_of(pipeline, queries, load, clock, progress)
            return run, explained(ProbeInput(run), slo)

    return asyncio.run(measured())


def of_app(
    target: str, queries: Sequence[Query], load: Load, slo: Slo, clock: Clock, progress: Progress, budget: Budget
) -> tuple[Run, Bottleneck]:
    """The same for the user's application, `module:callable`."""
    with app.opened(target, budget) as application:

        async def measured() -> Run:
            asyncio.get_running_loop().set_default_executor(app.Unwaited())
            host = Host(clock)
            run = await drive(queries, application.answer, load, clock, progress)
            made: dict[str, Value] = {attributes.CALLS_MADE: budget.made}
            return replace(run, facts={**run.facts, **application.facts(), **made, **host.facts()})

        run = asyncio.run(measured())
    return run, explained(ProbeInput(run), slo)


def explained(seen: ProbeInput, slo: Slo) -> Bottleneck:
    """The answer with its findings, those in the stage with most of the critical path first."""
    answer = diagnose(seen.run, slo)
    share = {stage.stage: stage.critical_path_share for stage in answer.stages}
    found = sorted(find(seen), key=lambda finding: -share.get(finding.stage, 0.0))
    return replace(answer, findings=tuple(found))


async def run_of(pipeline: Pipeline, queries: Sequence[Query], load: Load, clock: Clock, progress: Progress) -> Run:
    """The run of an open pipeline, with its facts and everything that its breakers did."""
    host = Host(clock)
    with timing_http() if pipeline.remote else nullcontext():
        run = await drive(queries, pipeline.answer, load, clock, progress)
    facts: dict[str, Value] = {
        attributes.SOURCE: "pipeline",
        attributes.PIPELINE: pipeline.plan.described,
        attributes.STAND_INS: ", ".join(pipeline.plan.stand_ins) or None,
        attributes.CALLS_MADE: pipeline.budget.made,
    }
    events = tuple(
        Event(change.at_ns, f"breaker of {change.name}: {change.before} → {change.after}, {change.why}")
        if isinstance(change, Change)
        else Event(change.at_ns, f"mode: {change.before} → {change.after}")
        for change in pipeline.service.changes
    )
    return replace(run, facts={**run.facts, **facts, **host.facts()}, events=events)
