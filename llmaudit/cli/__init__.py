"""The command line: thin. A command holds no rule about costs, no SQL and no formatting."""

import sys

import typer

from llmaudit.cli import breakdown, ingest, prices, schema
from llmaudit.errors import LlmauditError

app = typer.Typer(
    name="llmaudit",
    help="""
Where the money and the time of an LLM application go, from the logs it already writes.

Start with `llmaudit ingest logs/`, then `llmaudit breakdown --by model,feature`.

Exit codes: 0 done and well; 1 done, and the answer is no; 2 no answer.
""",
    no_args_is_help=True,
    # Plain help: the rich one takes as long to import as everything else together.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(ingest.ingest)
app.command()(breakdown.breakdown)
app.add_typer(prices.app, name="prices")
app.command()(schema.schema)


def main() -> None:
    """Run the command line; what the user can mend is one line and a hint, anything else is a bug and its traceback."""
    try:
        app(prog_name="llmaudit")
    except LlmauditError as error:
        typer.echo(f"error: {error}", err=True)
        if error.hint:
            typer.echo(f"hint: {error.hint}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        # The reader of our output (head, less) has gone; that is not our failure.
        sys.stderr.close()
        sys.exit(0)
