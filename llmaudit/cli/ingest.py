"""`llmaudit ingest`."""

from typing import TYPE_CHECKING, Annotated

import typer

from llmaudit.cli.opened import say_idle, say_renewal
from llmaudit.cli.options import Database, Format, OutputFormat, SetValues
from llmaudit.cli.progress import progress_on_terminal

if TYPE_CHECKING:
    from llmaudit.pricing import IdlePrice
    from llmaudit.settings import Settings
    from llmaudit.store import Store


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

    What could not be read of a file fails --strict each time, also where the file has not changed since.
    """
    from llmaudit import settings
    from llmaudit.ingest import ingest as read
    from llmaudit.ingest import parse_constants
    from llmaudit.render import ingest as shown
    from llmaudit.store import open_store

    def say(message: str) -> None:
        typer.echo(message, err=True)

    said = settings.load()
    options = said.ingest_options(constants=parse_constants(set_ or []), exact_tokens=exact_tokens)
    with (
        open_store(db, wait_seconds=wait, memory_limit=memory_limit, on_wait=say) as store,
        progress_on_terminal() as progress,
    ):
        result = read(store, paths, options, progress, say_renewal)
        idle = _idle_prices(store, said)
    typer.echo(shown.rendered(result, output))
    told = (*result.problems, *(result.earlier_problems if strict else ()))
    for line in shown.problems(told):
        say(line)
    say_idle(idle)
    raise typer.Exit(1 if strict and told else 0)


def _idle_prices(store: "Store", said: "Settings") -> "tuple[IdlePrice, ...]":
    if said.prices is None:
        return ()
    # A run that finds nothing new to read is over sooner than the prices are imported.
    from llmaudit.pricing import idle_prices

    return idle_prices(store, said.prices, said.price_places)
