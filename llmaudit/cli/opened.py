"""The audit that a command asks: of a store, or of logs named on its command line."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from llmaudit.cli.options import on_command_line
from llmaudit.cli.progress import progress_on_terminal
from llmaudit.errors import ConfigError, NothingMeasured

if TYPE_CHECKING:
    from llmaudit.audit import Audit
    from llmaudit.ingest.renewal import Renewal
    from llmaudit.pricing import IdlePrice


@contextmanager
def opened(
    context: typer.Context, db: str, logs: Sequence[str] | None, set_values: Sequence[str] | None
) -> "Iterator[Audit]":
    """The audit of `logs`, or of the store `db` where there are none.

    What became of the logs' records is said on standard error before anything is asked. Raises ConfigError when a
    store is named beside logs, or `--set` without them, NothingMeasured when no record of the logs is a call.
    """
    from llmaudit.opening import over_logs

    if not logs:
        if set_values:
            raise ConfigError("--set: fills logs that are named here; a store is as it was read")
        with opened_store(db) as audit:
            yield audit
        return
    # A store that only the environment names is the usual one, not meant for this answer.
    if on_command_line(context, "db"):
        raise ConfigError("--db: logs are named too", hint="ask either the store or the logs")
    from llmaudit.render.ingest import accounting

    with ExitStack() as stack:
        with progress_on_terminal() as progress:
            reading = over_logs(logs, set_values=set_values or (), progress=progress)
            audit = stack.enter_context(reading)
        if audit.read is not None:
            for line in accounting(audit.read):
                typer.echo(line, err=True)
            if not audit.read.calls_added:
                raise NothingMeasured("there is no call in these logs")
        say_idle(audit.idle_prices())
        yield audit


@contextmanager
def opened_store(db: str, memory_limit: str | None = None) -> "Iterator[Audit]":
    """The audit of a store. What the settings changed in it, and which of them fit no call, goes to standard error."""
    from llmaudit.opening import open_audit

    with open_audit(db, memory_limit=memory_limit, on_renewal=say_renewal) as audit:
        say_idle(audit.idle_prices())
        yield audit


def say_idle(prices: "Sequence[IdlePrice]") -> None:
    """Say on standard error which prices of llmaudit.yaml fit no model."""
    if not prices:
        return
    from llmaudit.render.renewal import idle

    for line in idle(prices):
        typer.echo(line, err=True)


def say_renewal(renewal: "Renewal") -> None:
    """Say on standard error what other settings made of the calls of a store."""
    from llmaudit.render.renewal import lines
    from llmaudit.settings import FILE_NAME

    for line in lines(renewal, has_file=Path(FILE_NAME).exists()):
        typer.echo(line, err=True)
