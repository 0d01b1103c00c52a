"""`llmaudit ingest`."""

from typing import Annotated

import typer

from llmaudit.cli.opened import say_renewal
from llmaudit.cli.options import Database, Format, OutputFormat, SetValues
from llmaudit.cli.progress import progress_on_terminal


def ingest(
    paths: Annotated[
        list[str], typer.Argument(help="Files, folders, globs, zip archives, s3://…, or - for standard input.")
    ],
    db: Database = "llmaudit.duckdb",
    set_: SetValues = None,
    exact_tokens: Annotated[
        bool,
        typer.Option("--exact-tokens", help="Count the tokens of each prompt segment instead of sharing them out."),
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when something could not be read.")] = False,
    wait: Annotated[
        float,
        typer.Option("--wait", metavar="SECONDS", min=0, help="Wait that long for a store another process holds."),
    ] = 0,
    memory_limit: Annotated[
        str | None, typer.Option("--memory-limit", metavar="SIZE", help="Such as 2GB; beyond it, work goes to disk.")
    ] = None,
    output: OutputFormat = Format.TABLE,
) -> None:
    """Read usage logs into the store.

    Formats are told by their content; a file that was read before is not read again, and a call that stands in several
    files counts once. Every record ends as a call, a duplicate, a skipped or an unreadable one.
    """
    from llmaudit import settings
    from llmaudit.ingest import ingest as read
    from llmaudit.ingest import parse_constants
    from llmaudit.render import ingest as shown
    from llmaudit.store import open_store

    def say(message: str) -> None:
        typer.echo(message, err=True)

    options = settings.load().ingest_options(constants=parse_constants(set_ or []), exact_tokens=exact_tokens)
    with (
        open_store(db, wait_seconds=wait, memory_limit=memory_limit, on_wait=say) as store,
        progress_on_terminal() as progress,
    ):
        result = read(store, paths, options, progress, say_renewal)
    typer.echo(shown.rendered(result, output))
    for line in shown.problems(result):
        say(line)
    raise typer.Exit(1 if strict and result.problems else 0)
