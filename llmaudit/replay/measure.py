"""Measure a pipeline or an application: open it, drive it, say what was found."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, replace

from llmaudit.replay import app, attributes
from llmaudit.replay.bottleneck import Bottleneck, diagnose
from llmaudit.replay.clock import Clock
from llmaudit.replay.drive import Answer, Load, Progress, drive, silent
from llmaudit.replay.findings.finding import ProbeInput
from llmaudit.replay.findings.registry import find
from llmaudit.replay.host import Host
from llmaudit.replay.http_timing import timing_http
from llmaudit.replay.pipeline import Pipeline, Plan, opened
from llmaudit.replay.pipeline.budget import Budget
from llmaudit.replay.pipeline.reference import resolved
from llmaudit.replay.pipeline.retrieve_pgvector import PgvectorRetriever
from llmaudit.replay.postgres.database import Database, SearchSettings, looking
from llmaudit.replay.postgres.facts import SearchFacts
from llmaudit.replay.postgres.waits import LockWaits
from llmaudit.replay.queries import Query
from llmaudit.replay.run import Event, Run
from llmaudit.replay.slo import Slo
from llmaudit.replay.span import Value
from llmaudit.resilience.guard import Change


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked, how, and what is fast enough."""

    queries: Sequence[Query]
    load: Load
    slo: Slo
    clock: Clock
    progress: Progress = silent


def of_pipeline(plan: Plan, task: Task, budget: Budget) -> tuple[Run, Bottleneck]:
    """The run of a pipeline and what it says; a run that is interrupted (Ctrl-C) says what it has."""

    async def measured() -> tuple[Run, Bottleneck]:
        async with opened(plan, task.clock, budget) as pipeline:
            run = await run_of(pipeline, task)
            found = await seen(run, pipeline)
            return found.run, explained(found, task.slo)

    return asyncio.run(measured())


def of_app(target: str, task: Task, budget: Budget, search: SearchSettings | None = None) -> tuple[Run, Bottleneck]:
    """The same for the user's application, `module:callable`; `search` is how it searches PostgreSQL, if it does."""
    with ExitStack() as stack:
        look = None
        if search is not None:
            look = stack.enter_context(looking(search, resolved(search.dsn, "dsn"), task.clock))
        application = stack.enter_context(app.opened(target, budget))

        async def measured() -> Run:
            asyncio.get_running_loop().set_default_executor(app.Unwaited())
            return await _driven(application.answer, task, requests=False)

        run = asyncio.run(measured())
        made: dict[str, Value] = {attributes.CALLS_MADE: budget.made}
        run = replace(run, facts={**run.facts, **application.facts(), **made})
        found = ProbeInput(run) if look is None else _with_search(run, look.facts(), look.database, look.waits)
    return found.run, explained(found, task.slo)


async def seen(run: Run, pipeline: Pipeline) -> ProbeInput:
    """The run, and what the database says about the search while it is still open."""
    retriever = pipeline.retriever
    if not isinstance(retriever, PgvectorRetriever):
        return ProbeInput(run)
    return _with_search(run, await retriever.facts(), retriever.database, retriever.waits)


def _with_search(run: Run, search: SearchFacts | None, database: Database, waits: LockWaits) -> ProbeInput:
    ran = None if search is None else search.execution
    told: dict[str, Value] = {
        attributes.SEARCH_EXECUTION_SECONDS: None if ran is None else ran.execution_seconds,
        attributes.SEARCH_PAGES_FETCHED: None if ran is None else ran.pages_read,
        attributes.SEARCH_EXAMINED: search is not None,
        attributes.SEARCH_NOT_EXAMINED: database.failure,
        attributes.LOCKS_NOT_WATCHED: waits.failure,
    }
    facts = {**run.facts, **{name: fact for name, fact in told.items() if fact is not None}}
    return ProbeInput(replace(run, facts=facts), search, waits)


def explained(seen: ProbeInput, slo: Slo) -> Bottleneck:
    """The answer with its findings, those in the stage with most of the critical path first."""
    run = seen.run
    if run.facts.get(attributes.SEARCH_EXAMINED) and seen.search is None:
        # What the database said then is in no file; findings about it are missing, and that is said.
        run = replace(run, facts={**run.facts, attributes.SEARCH_NOT_EXAMINED: "the run is a recorded one"})
    answer = diagnose(run, slo)
    share = {stage.stage: stage.critical_path_share or 0.0 for stage in answer.stages}
    found = sorted(find(seen), key=lambda finding: -share.get(finding.stage, 0.0))
    return replace(answer, findings=tuple(found))


async def run_of(pipeline: Pipeline, task: Task) -> Run:
    """The run of an open pipeline, with its facts and everything that its breakers did."""
    run = await _driven(pipeline.answer, task, requests=pipeline.remote)
    return replace(run, facts={**run.facts, **facts_of(pipeline)}, events=events_of(pipeline))


async def _driven(answer: Answer, task: Task, *, requests: bool) -> Run:
    host = Host(task.clock)
    with timing_http() if requests else nullcontext():
        run = await drive(task.queries, answer, task.load, task.clock, task.progress)
    return replace(run, facts={**run.facts, **host.facts()})


def facts_of(pipeline: Pipeline) -> dict[str, Value]:
    """What a run of this pipeline was made under."""
    return {
        attributes.SOURCE: "pipeline",
        attributes.PIPELINE: pipeline.plan.described,
        attributes.STAND_INS: ", ".join(pipeline.plan.stand_ins) or None,
        attributes.CALLS_MADE: pipeline.budget.made,
    }


def events_of(pipeline: Pipeline) -> tuple[Event, ...]:
    """Every change of a breaker and of the mode so far."""
    return tuple(
        Event(change.at_ns, f"breaker of {change.name}: {change.before} → {change.after}, {change.why}")
        if isinstance(change, Change)
        else Event(change.at_ns, f"mode: {change.before} → {change.after}")
        for change in pipeline.service.changes
    )
