"""`llmaudit bottleneck`."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmaudit.cli.options import Format, OutputFormat
from llmaudit.cli.progress import progress_on_terminal

if TYPE_CHECKING:
    from llmaudit.replay.bottleneck import Bottleneck
    from llmaudit.replay.drive import Load
    from llmaudit.replay.queries import Query


def bottleneck(
    queries: Annotated[
        Path | None, typer.Option("--queries", metavar="FILE", help='JSON lines: {"query": "…"}; else a sample.')
    ] = None,
    pipeline: Annotated[
        Path | None, typer.Option("--pipeline", metavar="FILE", help="A pipeline.yaml; else the built-in one.")
    ] = None,
    app: Annotated[
        str | None, typer.Option("--app", metavar="MODULE:CALLABLE", help="Your own code: question in, answer out.")
    ] = None,
    run: Annotated[
        Path | None, typer.Option("--run", metavar="FILE", help="Nothing is asked: what --record wrote is read.")
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
    output: OutputFormat = Format.TABLE,
) -> None:
    """Which stage of a RAG pipeline or application makes it slow, and what would help.

    Without options, the built-in pipeline answers questions about a sample handbook: no network, no key. Queries are
    asked in rounds after a warm-up; Ctrl-C ends that and shows what was measured.
    """
    from llmaudit.render.bottleneck import rendered
    from llmaudit.replay import measure
    from llmaudit.replay import record as recorded
    from llmaudit.replay.findings.finding import ProbeInput
    from llmaudit.replay.slo import Slo, with_options

    _only_one(pipeline=pipeline, app=app, run=run)
    if run is not None:
        found = recorded.read(run)
        answer = measure.explained(ProbeInput(found), with_options(Slo(), slo or []))
    else:
        from llmaudit.replay import pipeline as pipelines
        from llmaudit.replay.clock import MonotonicClock
        from llmaudit.replay.pipeline.budget import Budget

        plan = None if app is not None else pipelines.built_in() if pipeline is None else pipelines.read(pipeline)
        limits = with_options(Slo() if plan is None else plan.slo, slo or [])
        load = _load(rounds, warmup, concurrency, rate, timeout, None if plan is None else plan.timeout_seconds)
        asked = _queries(queries, app)
        clock, budget = MonotonicClock(), Budget(max_calls)
        with progress_on_terminal() as show:
            if plan is None:
                assert app is not None
                found, answer = measure.of_app(app, asked, load, limits, clock, _progress(show), budget)
            else:
                found, answer = measure.of_pipeline(plan, asked, load, limits, clock, _progress(show), budget)
    if record is not None:
        recorded.write(found, record)
    typer.echo(rendered(answer, output))
    raise typer.Exit(_exit_code(answer))


def _only_one(**ways: object) -> None:
    """Raises ConfigError when more than one way in is asked for."""
    from llmaudit.errors import ConfigError

    given = [f"--{name}" for name, value in ways.items() if value is not None]
    if len(given) > 1:
        raise ConfigError(f"{' and '.join(given)} are two ways in", hint="ask for one of them")


def _queries(path: Path | None, app: str | None) -> "tuple[Query, ...]":
    from llmaudit.errors import ConfigError
    from llmaudit.replay import queries
    from llmaudit.replay.pipeline.corpus import sample

    if path is None and app is not None:
        raise ConfigError("--app: what is it to be asked?", hint='--queries FILE, JSON lines such as {"query": "…"}')
    return queries.read(sample("queries.jsonl") if path is None else path)


def _load(
    rounds: int, warmup: int, concurrency: int | None, rate: float | None, timeout: str | None, usual: float | None
) -> "Load":
    from llmaudit.errors import ConfigError
    from llmaudit.replay.drive import PATIENCE_SECONDS, Load
    from llmaudit.replay.slo import seconds

    if rate is not None and not 0 < rate <= 100_000:
        raise ConfigError(f"--rate {rate:g}: is a number of queries a second, above 0")
    try:
        patience = usual if timeout is None else seconds(timeout)
    except ValueError as error:
        raise ConfigError(f"--timeout {timeout}: {error}") from error
    at_a_time = concurrency if concurrency is not None or rate is not None else 1
    return Load(rounds, warmup, at_a_time, rate, patience or PATIENCE_SECONDS)


def _progress(show: Callable[[str], None]) -> Callable[[int, int], None]:
    """How far it is, how fast it goes and how long it will take; shown ten times a second, for showing takes time."""
    begun = shown = time.monotonic()

    def told(done: int, of: int) -> None:
        nonlocal shown
        now = time.monotonic()
        took = now - begun
        if not took or (done > 1 and now - shown < 0.1):
            return
        shown = now
        left = (of - done) * took / done
        show(f"{done:,} of {of:,} queries, {done / took:.3g} a second, {left:.0f} s left (Ctrl-C: enough)")

    return told


def _exit_code(answer: "Bottleneck") -> int:
    """1 when a limit was missed; 2 when no query was answered, or a limit could not be held against anything."""
    from llmaudit.replay.bottleneck import Verdict

    if answer.verdict is Verdict.NO_SUCCESS:
        typer.echo("error: no query was answered, so nothing was measured", err=True)
        return 2
    if answer.missed:
        return 1
    unknown = [each.name for each in answer.objectives if each.met is None]
    if unknown:
        typer.echo(f"error: nothing was measured that {' and '.join(unknown)} could be held against", err=True)
        return 2
    return 0
