"""What `llmaudit bottleneck` needs before and after it measures: queries, load, progress, exit code."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from llmaudit.cli.options import on_command_line
from llmaudit.errors import ConfigError

if TYPE_CHECKING:
    from llmaudit.replay.bottleneck import Bottleneck
    from llmaudit.replay.drive import Load
    from llmaudit.replay.queries import Query


def only_one(**ways: object) -> None:
    """Raises ConfigError when more than one way in is asked for."""
    given = [f"--{name}" for name, value in ways.items() if value is not None]
    if len(given) > 1:
        raise ConfigError(f"{' and '.join(given)} are two ways in", hint="ask for one of them")


_ASKING = (
    "queries", "search", "rounds", "warmup", "concurrency", "rate", "timeout", "max_calls", "max_cost", "yes",
)  # fmt: skip
"""The options that say what is asked, and how."""


def refuse_asking(context: typer.Context, way: str) -> None:
    """Raises ConfigError for an option about asking, where nothing is asked: `way` says what is read instead."""
    given = [f"--{name.replace('_', '-')}" for name in _ASKING if on_command_line(context, name)]
    if given:
        raise ConfigError(f"{' and '.join(given)}: nothing is asked with {way}", hint="it was asked before")


def queries_of(path: Path | None, app: str | None) -> "tuple[Query, ...]":
    """The queries of a file, or of the sample, which an application knows nothing about."""
    from llmaudit.replay import queries
    from llmaudit.replay.pipeline.corpus import sample

    if path is None and app is not None:
        raise ConfigError("--app: what is it to be asked?", hint='--queries FILE, JSON lines such as {"query": "…"}')
    return queries.read(sample("queries.jsonl") if path is None else path)


def load_of(
    rounds: int, warmup: int, concurrency: int | None, rate: float | None, timeout: str | None, usual: float | None
) -> "Load":
    """How the queries are put; `usual` is the timeout that the pipeline file names."""
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


def progress_of(show: Callable[[str], None]) -> Callable[[int, int], None]:
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


def exit_code(*answers: "Bottleneck") -> int:
    """1 when a limit was missed; 2 when no query was answered, or a limit could not be held against anything."""
    from llmaudit.replay.bottleneck import Verdict

    if any(answer.verdict is Verdict.NO_SUCCESS for answer in answers):
        typer.echo("error: no query was answered, so nothing was measured", err=True)
        return 2
    if any(answer.missed for answer in answers):
        return 1
    unknown = dict.fromkeys(each.name for answer in answers for each in answer.objectives if each.met is None)
    if unknown:
        typer.echo(f"error: nothing was measured that {' and '.join(unknown)} could be held against", err=True)
        return 2
    return 0
