"""The audit that a command asks: of a store, or of logs named on its command line."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from llmaudit.cli.progress import progress_on_terminal
from llmaudit.errors import ConfigError, NothingMeasured

if TYPE_CHECKING:
    from llmaudit.audit import Audit
    from llmaudit.ingest import Renewal


@contextmanager
def opened(
    context: typer.Context, db: str, logs: Sequence[str] | None, set_values: Sequence[str] | None
) -> "Iterator[Audit]":
    """The audit of `logs`, or of the store `db` where there are none.

    What became of the logs' records is said on standard error before anything is asked. Raises ConfigError when a
    store is named beside logs, or `--set` without them, NothingMeasured when no record of the logs is a call.
    """
    from llmaudit.audit import open_audit, over_logs

    if not logs:
        if set_values:
            raise ConfigError("--set: fills logs that are named here; a store is as it was read")
        with open_audit(db, on_renewal=say_renewal) as audit:
            yield audit
        return
    # A store that only the environment names is the usual one, not meant for this answer.
    if _on_command_line(context, "db"):
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
        yield audit


def say_renewal(renewal: "Renewal") -> None:
    """Say on standard error what other settings made of the calls of a store."""
    from llmaudit.render.renewal import lines
    from llmaudit.settings import FILE_NAME

    for line in lines(renewal, has_file=Path(FILE_NAME).exists()):
        typer.echo(line, err=True)


def _on_command_line(context: typer.Context, option: str) -> bool:
    source = context.get_parameter_source(option)
    return source is not None and source.name == "COMMANDLINE"
