"""The command line: thin. A command holds no rule about costs, no SQL and no formatting."""

import io
import sys
import traceback
from typing import Annotated

import typer

from llmaudit import __version__
from llmaudit.cli import (
    baseline,
    bottleneck,
    breakdown,
    check,
    explain,
    ingest,
    optimize,
    prices,
    report,
    schema,
    simulate,
)
from llmaudit.errors import LlmauditError

app = typer.Typer(
    name="llmaudit",
    no_args_is_help=True,
    # Plain help: the rich one takes as long to import as everything else together.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(short_help="Read usage logs into the store.")(ingest.ingest)
app.command(short_help="What it costs, and where 80 % of it sits.")(breakdown.breakdown)
app.command(short_help="What each remedy would really save.")(simulate.simulate)
app.command(short_help="Which plan reaches a target at the least risk.")(optimize.optimize)
app.command(short_help="Which stage of a RAG pipeline makes it slow.")(bottleneck.bottleneck)
app.command(short_help="Why two periods cost differently.")(explain.explain)
app.command(short_help="One page for whoever decides.")(report.report)
app.command(short_help="Fail when calls cost more than they did.")(check.check)
app.add_typer(baseline.app, name="baseline", short_help="What a check compares with.")
app.add_typer(prices.app, name="prices", short_help="The rates in use.")
app.command()(schema.schema)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"llmaudit {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """Where the money and the time of an LLM application go, from the logs it already writes.

    Start with `llmaudit ingest logs/`, then `llmaudit breakdown --by model,feature`.

    Exit codes: 0 done and well; 1 done, and the answer is no; 2 no answer.
    """


def main() -> None:
    """Run the command line; what the user can mend is one line and a hint, anything else is a bug and its traceback.

    Neither ends with 1, which is an answer: no.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal of another age has no sign for some of what we say; a question mark beats no answer.
        sys.stdout.reconfigure(errors="replace")
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
    except Exception as error:
        if isinstance(error, OSError) and _came_of_writing(error):
            typer.echo(f"error: cannot write the answer: {error.strerror or error}", err=True)
            sys.exit(2)
        traceback.print_exc()
        typer.echo("error: this is a bug in llmaudit: please report it with the lines above", err=True)
        sys.exit(2)


def _came_of_writing(error: OSError) -> bool:
    """Whether it was raised where an answer is written, and not where something is read."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return frame.f_code is typer.echo.__code__
