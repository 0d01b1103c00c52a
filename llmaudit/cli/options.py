"""Options that more than one command takes."""

from typing import Annotated

import typer

from llmaudit.render.formats import Format

Database = Annotated[str, typer.Option("--db", metavar="FILE", envvar="LLMAUDIT_DB", help="The store.")]
Logs = Annotated[
    list[str] | None,
    typer.Argument(metavar="[LOGS]...", help="Logs to read for this answer only, instead of a store; no file is made."),
]
SetValues = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="COLUMN=VALUE", help="Fill a column that the log does not say. Repeatable."),
]
OutputFormat = Annotated[Format, typer.Option("--format", help="How the answer is written to standard output.")]
Since = Annotated[
    str | None, typer.Option("--since", metavar="WHEN", help="From then on: 2026-10-01, an instant, or 30d.")
]
Until = Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Up to then, not included.")]
MemoryLimit = Annotated[
    str | None, typer.Option("--memory-limit", metavar="SIZE", help="Such as 4GB; beyond it, work goes to disk.")
]

__all__ = [
    "Database",
    "Format",
    "Logs",
    "MemoryLimit",
    "OutputFormat",
    "SetValues",
    "Since",
    "Until",
    "on_command_line",
]


def on_command_line(context: typer.Context, option: str) -> bool:
    """Whether the option, by the name of its parameter, was said there and not by the environment or a default."""
    source = context.get_parameter_source(option)
    return source is not None and source.name == "COMMANDLINE"
