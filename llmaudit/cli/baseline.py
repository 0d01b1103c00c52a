"""`llmaudit baseline`."""

from pathlib import Path
from typing import Annotated

import typer

from llmaudit.cli.options import Database, Logs, SetValues, Since, Until

app = typer.Typer(help="What `llmaudit check` compares with.", no_args_is_help=True)


@app.command()
def save(
    context: typer.Context,
    output: Annotated[Path, typer.Option("--output", metavar="FILE", help="Where the baseline goes: a JSON file.")],
    logs: Logs = None,
    db: Database = "llmaudit.duckdb",
    where: Annotated[str | None, typer.Option("--where", metavar="CONDITION", help="Only these calls.")] = None,
    since: Since = None,
    until: Until = None,
    set_: SetValues = None,
) -> None:
    """Write down what calls cost now, as sums and sketches by feature and model; no call and no user is in it.

    The file is small and meant to be committed, or kept in a cache. Asks the store, or the LOGS that are named.
    """
    from llmaudit.checks.baseline import refuse_to_overwrite, text
    from llmaudit.cli.opened import opened
    from llmaudit.cli.written import refuse_missing_folder, write
    from llmaudit.words import count

    refuse_missing_folder(output)
    refuse_to_overwrite(output)
    with opened(context, db, logs, set_) as audit:
        taken = audit.snapshot(where=where, since=since, until=until)
    write(output, text(taken))
    typer.echo(f"{output}: {count(taken.calls, 'call')} in {count(len(taken.groups), 'group')}", err=True)
