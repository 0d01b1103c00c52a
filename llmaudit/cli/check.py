"""`llmaudit check`."""

from pathlib import Path
from typing import Annotated

import typer

from llmaudit.cli.options import Database, Logs, SetValues, Since, Until
from llmaudit.render.check_forms import CheckFormat


def check(
    context: typer.Context,
    baseline: Annotated[
        Path, typer.Option("--baseline", metavar="FILE", help="What `llmaudit baseline save` wrote, or will write.")
    ],
    logs: Logs = None,
    db: Database = "llmaudit.duckdb",
    where: Annotated[
        str | None, typer.Option("--where", metavar="CONDITION", help="Only these calls, as in the baseline.")
    ] = None,
    since: Since = None,
    until: Until = None,
    set_: SetValues = None,
    allow_insufficient: Annotated[
        bool,
        typer.Option("--allow-insufficient", help="Exit with 0 where some limits could not be judged, but not all."),
    ] = False,
    silent: Annotated[
        bool, typer.Option("--silent", help="Say nothing where nothing moved, in table, markdown and github.")
    ] = False,
    tag: Annotated[
        str, typer.Option("--tag", metavar="NAME", help="Tells comments of several checks on one change apart.")
    ] = "",
    also: Annotated[
        list[str] | None,
        typer.Option("--also", metavar="FORMAT=FILE", help="Write the same verdict to a file too. Repeatable."),
    ] = None,
    output: Annotated[
        CheckFormat, typer.Option("--format", help="How the verdict is written to standard output.")
    ] = CheckFormat.TABLE,
) -> None:
    """Fail when calls cost more than the limits in llmaudit.yaml allow.

    Compares the store, or the LOGS that are named, with a baseline. A limit is broken only where the whole interval of
    the change lies beyond it.

    Exit codes: 0 all limits hold; 1 one is broken; 2 too few calls to say, or nothing measured.
    """
    from llmaudit.checks.baseline import read
    from llmaudit.checks.findings import Outcome
    from llmaudit.cli.opened import opened
    from llmaudit.cli.written import write
    from llmaudit.render.check import destinations, rendered, said_nothing

    files = destinations(also or [])
    before = read(baseline)
    with opened(context, db, logs, set_) as audit:
        verdict = audit.check(before, audit.snapshot(where=where, since=since, until=until))
    for form, file in files:
        text = "" if silent and said_nothing(verdict, form) else rendered(verdict, form, tag) + "\n"
        write(file, text)
    if not (silent and said_nothing(verdict, output)):
        typer.echo(rendered(verdict, output, tag))
    allowed = allow_insufficient and verdict.measured
    codes = {Outcome.PASS: 0, Outcome.FAIL: 1, Outcome.INSUFFICIENT: 0 if allowed else 2}
    raise typer.Exit(codes[verdict.outcome])
