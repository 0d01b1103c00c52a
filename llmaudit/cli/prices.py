"""`llmaudit prices`."""

from typing import Annotated

import typer

from llmaudit.cli.options import Database, Format, OutputFormat
from llmaudit.words import count

app = typer.Typer(help="The rates in use: where they come from, and pricing the store anew.", no_args_is_help=True)


@app.command()
def show(
    model: Annotated[str, typer.Argument(help="A model as a log names it, such as gpt-4o or openai/gpt-4o.")],
    at: Annotated[
        str | None, typer.Option("--at", metavar="DATE", help="The rates of that day (default: today).")
    ] = None,
    provider: Annotated[
        str | None, typer.Option("--provider", help="Whose price, when several sell the model.")
    ] = None,
    output: OutputFormat = Format.TABLE,
) -> None:
    """The rates of a model, with their source and dates."""
    from datetime import UTC, datetime

    from llmaudit import settings
    from llmaudit.analyses.periods import instant
    from llmaudit.errors import PriceError
    from llmaudit.prices import book_version, describe, suggestions
    from llmaudit.render import prices as shown

    now = datetime.now(UTC)
    overrides = settings.load().prices
    day = instant(at, now=now) if at else now
    rates = describe(model, day, overrides, provider)
    if not rates:
        near = ", ".join(suggestions(model)) or "give it a price or an alias under prices: in llmaudit.yaml"
        raise PriceError(f"{model}: no price is known for it, and none is guessed", hint=f"near it: {near}")
    typer.echo(shown.rendered(model, day, rates, book_version(overrides), output))


@app.command()
def reprice(db: Database = "llmaudit.duckdb") -> None:
    """Look up every rate again and price every call of the store with it; a changed price book does so by itself."""
    from llmaudit import settings
    from llmaudit.pricing import reprice as again
    from llmaudit.store import open_store

    overrides = settings.load().prices
    with open_store(db, must_exist=True) as store:
        again(store, overrides)
        calls = store.value("select count(*) from calls")
        typer.echo(f"{count(calls, 'call')} priced with {store.meta('price_book')}", err=True)
