"""`llmaudit optimize`."""

from pathlib import Path
from typing import Annotated

import typer

from llmaudit.cli.opened import opened_store
from llmaudit.cli.options import Database, Format, MemoryLimit, OutputFormat, Since, Until
from llmaudit.cli.progress import progress_on_terminal
from llmaudit.cli.written import refuse_missing_folder


def optimize(
    target: Annotated[str, typer.Option("--target", metavar="SHARE", help="What the plan is to save, such as 60%.")],
    db: Database = "llmaudit.duckdb",
    since: Since = None,
    until: Until = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="LEVER", help="Only these: prompt_cache,batch. Repeatable, or with commas."),
    ] = None,
    max_quality_drop: Annotated[
        str | None,
        typer.Option("--max-quality-drop", metavar="NUMBER", help="Only changes that scores hold to that: 0.02."),
    ] = None,
    score: Annotated[
        str | None,
        typer.Option("--score", metavar="NAME", help="The score that means quality, where there are several."),
    ] = None,
    keep_latency: Annotated[
        bool, typer.Option("--keep-latency", help="Nothing that makes anybody wait longer.")
    ] = False,
    plan_output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write the plan there, for simulate.")
    ] = None,
    memory_limit: MemoryLimit = None,
    output: OutputFormat = Format.TABLE,
) -> None:
    """Which plan reaches a target at the least risk, from remedies that the calls themselves suggest.

    Remedies that leave every answer as it is come first, others as far as the target needs them. Every plan is
    replayed as simulate does it. Exit code 1: the target is out of reach.
    """
    from llmaudit import plan as plans
    from llmaudit.optimize import plan_file
    from llmaudit.optimize.constraints import constraints
    from llmaudit.render.optimize import rendered

    wanted = plans.share(target)
    limits = constraints(only or (), max_quality_drop, score, keep_latency=keep_latency)
    if plan_output is not None:
        refuse_missing_folder(plan_output)
        plan_file.refuse_to_overwrite(plan_output)
    with opened_store(db, memory_limit) as audit, progress_on_terminal() as progress:
        answer = audit.optimize(wanted, limits, since=since, until=until, progress=progress)
    typer.echo(rendered(answer, output))
    if plan_output is not None and answer.plan:
        plan_file.write(answer, plan_output)
        typer.echo(f"{plan_output} written: llmaudit simulate --plan {plan_output} says the same", err=True)
    raise typer.Exit(0 if answer.reached else 1)
