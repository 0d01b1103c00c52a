"""`llmaudit bottleneck`."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

from llmaudit.cli.consent import agreed
from llmaudit.cli.measuring import exit_code, load_of, only_one, progress_of, queries_of, refuse_asking
from llmaudit.cli.options import Format, OutputFormat
from llmaudit.cli.progress import progress_on_terminal
from llmaudit.cli.written import refuse_missing_folder
from llmaudit.errors import ConfigError

if TYPE_CHECKING:
    from llmaudit.replay.bottleneck import Bottleneck
    from llmaudit.replay.measure import Task
    from llmaudit.replay.pipeline import Plan
    from llmaudit.replay.run import Run

T = TypeVar("T")


def bottleneck(
    context: typer.Context,
    queries: Annotated[
        Path | None, typer.Option("--queries", metavar="FILE", help='JSON lines: {"query": "…"}; else a sample.')
    ] = None,
    pipeline: Annotated[
        Path | None, typer.Option("--pipeline", metavar="FILE", help="A pipeline.yaml; else the built-in one.")
    ] = None,
    app: Annotated[
        str | None,
        typer.Option("--app", metavar="MODULE:CALLABLE", help="Your own code: question in, answer out."),
    ] = None,
    search: Annotated[
        Path | None,
        typer.Option("--search", metavar="FILE", help="With --app: how it searches PostgreSQL, to look at that too."),
    ] = None,
    traces: Annotated[
        Path | None, typer.Option("--traces", metavar="FILE", help="Nothing is asked: recorded OTLP traces are read.")
    ] = None,
    run: Annotated[
        Path | None, typer.Option("--run", metavar="FILE", help="Nothing is asked: what --record wrote is read.")
    ] = None,
    compare: Annotated[
        Path | None, typer.Option("--compare", metavar="FILE", help="A second pipeline, asked in turns with the first.")
    ] = None,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="How often each query is asked.")] = 3,
    warmup: Annotated[int, typer.Option("--warmup", min=0, help="Queries asked before, reported apart.")] = 3,
    concurrency: Annotated[
        int | None, typer.Option("--concurrency", metavar="N", min=1, help="Queries at a time: 1, or with --rate any.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option("--rate", metavar="N", help="Queries a second, whether or not the answers keep up.")
    ] = None,
    timeout: Annotated[
        str | None, typer.Option("--timeout", metavar="TIME", help="When to give a query up: 60s, or as the file says.")
    ] = None,
    slo: Annotated[
        list[str] | None,
        typer.Option("--slo", metavar="LIMIT", help="Exit with 1 when missed: p95=8s, ttft=1s, errors=1%. Repeatable."),
    ] = None,
    record: Annotated[
        Path | None, typer.Option("--record", metavar="FILE", help="Write down what was measured; never a text.")
    ] = None,
    max_calls: Annotated[
        int | None, typer.Option("--max-calls", metavar="N", min=0, help="Stop before one request more to others.")
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option("--max-cost", metavar="USD", min=0, help="Do not begin if it will cost more.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before calls that cost money.")] = False,
    output: OutputFormat = Format.TABLE,
) -> None:
    """Which stage of a RAG pipeline or application makes it slow, and what would help.

    Without options, the built-in pipeline answers questions about a sample handbook: no network, no key. Queries are
    asked in rounds after a warm-up; Ctrl-C ends that and shows what was measured.
    """
    from llmaudit.replay import measure
    from llmaudit.replay import pipeline as pipelines
    from llmaudit.replay import record as recorded
    from llmaudit.replay.clock import MonotonicClock
    from llmaudit.replay.findings.finding import ProbeInput
    from llmaudit.replay.pipeline.budget import Budget
    from llmaudit.replay.postgres.database import read_search
    from llmaudit.replay.slo import Slo, with_options
    from llmaudit.replay.telemetry import traces as telemetry

    only_one(pipeline=pipeline, app=app, traces=traces, run=run)
    refuse_missing_folder(record)
    only_one(compare=compare, app=app, traces=traces, run=run, record=record if compare else None)
    if traces is not None or run is not None:
        refuse_asking(context, "--run" if traces is None else "--traces")
    found = telemetry.read(traces) if traces is not None else recorded.read(run) if run is not None else None
    if found is not None:
        _say(found, measure.explained(ProbeInput(found), with_options(Slo(), slo or [])), record, output)
    if app is not None and max_cost is not None:
        raise ConfigError("--max-cost: what an application will ask is not known", hint="--max-calls limits it")
    plans = [pipelines.built_in() if pipeline is None else pipelines.read(pipeline)]
    plans += [pipelines.read(compare)] if compare is not None else []
    limits = with_options(Slo() if app else plans[0].slo, slo or [])
    load = load_of(rounds, warmup, concurrency, rate, timeout, None if app else plans[0].timeout_seconds)
    task = measure.Task(queries_of(queries, app), load, limits, MonotonicClock())
    budget = Budget(max_calls)
    if app is not None:
        beside = None if search is None else read_search(search)
        _say(*_with_progress(lambda task: measure.of_app(app, task, budget, beside), task), record, output)
    if search is not None:
        raise ConfigError("--search goes with --app", hint="a pipeline says in `retrieve:` how it searches")
    _agree(plans, task, max_cost, yes=yes)
    if compare is not None:
        from llmaudit.render import comparison as render
        from llmaudit.replay.compare import compared

        both = _with_progress(lambda task: compared(plans[0], plans[1], task, budget), task)
        typer.echo(render.rendered(both, output))
        raise typer.Exit(exit_code(both.first, both.second))
    _say(*_with_progress(lambda task: measure.of_pipeline(plans[0], task, budget), task), record, output)


def _with_progress(measured: "Callable[[Task], T]", task: "Task") -> "T":
    with progress_on_terminal() as show:
        return measured(replace(task, progress=progress_of(show)))


def _agree(plans: "Sequence[Plan]", task: "Task", max_cost: float | None, *, yes: bool) -> None:
    """Returns when what the pipelines ask of others may be asked; nothing is loaded where they ask nobody."""
    if not any(part.remote for plan in plans for part, _ in plan.parts.values()):
        return
    from datetime import UTC, datetime
    from decimal import Decimal

    from llmaudit import settings
    from llmaudit.replay.pipeline.cost import Estimate, estimate

    now, prices = datetime.now(UTC), settings.load().prices
    asked = [each for plan in plans for each in estimate(plan, task.queries, task.load, now, prices).asked]
    agreed(Estimate(tuple(asked)), None if max_cost is None else Decimal(str(max_cost)), yes=yes)


def _say(found: "Run", answer: "Bottleneck", record: Path | None, output: Format) -> NoReturn:
    """The end of the command."""
    from llmaudit.render.bottleneck import rendered
    from llmaudit.replay import record as recorded

    # First what was asked for: it took long, and a file that cannot be written must not take it away.
    typer.echo(rendered(answer, output))
    if record is not None:
        recorded.write(found, record)
    raise typer.Exit(exit_code(answer))
