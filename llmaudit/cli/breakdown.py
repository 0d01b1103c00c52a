"""`llmaudit breakdown`."""

from typing import Annotated

import typer

from llmaudit.cli.options import Database, Format, Logs, OutputFormat, SetValues, Since, Until


def breakdown(
    context: typer.Context,
    logs: Logs = None,
    db: Database = "llmaudit.duckdb",
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar="NAME",
            help="provider, model, feature, tier, user, key, project, environment, conversation, system_prompt, "
            "status, complexity, service_tier, hour, day, week, month or tag:NAME (default: model). Repeatable, or "
            "with commas.",
        ),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            "--where", metavar="CONDITION", help="Only these calls: feature = 'search' and input_tokens > 10000."
        ),
    ] = None,
    since: Since = None,
    until: Until = None,
    top: Annotated[
        int | None, typer.Option("--top", metavar="N", min=1, help="The N dearest groups, and the others in one row.")
    ] = None,
    set_: SetValues = None,
    output: OutputFormat = Format.TABLE,
) -> None:
    """What it costs, by model, feature, user, day and more; and where 80 % of the cost sits.

    Asks the store, or the LOGS that are named: files, folders, globs, zip archives, s3://… or -, read into memory.

    All times are UTC. A table shows the 25 dearest groups unless --top says otherwise; other formats have them all.
    """
    from llmaudit.analyses.dimensions import dimensions
    from llmaudit.cli.opened import opened
    from llmaudit.render.breakdown import rendered
    from llmaudit.render.rows import usual_top

    names = by or ["model"]
    shown = top or usual_top(dimensions(names), output)
    with opened(context, db, logs, set_) as audit:
        answer = audit.breakdown(names, where=where, since=since, until=until, top=shown)
    typer.echo(rendered(answer.result, output))
