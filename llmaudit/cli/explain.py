"""`llmaudit explain`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from llmaudit.cli.opened import say_renewal
from llmaudit.cli.options import Database, Format, OutputFormat
from llmaudit.cli.progress import progress_on_terminal


class Of(StrEnum):
    """Which cost is explained."""

    PER_DAY = "per-day"
    PER_CALL = "per-call"
    TOTAL = "total"


def explain(
    before: Annotated[
        str, typer.Option("--before", metavar="A", help="A period (2026-10-01..2026-10-15), a store or a baseline.")
    ],
    after: Annotated[str, typer.Option("--after", metavar="B", help="The same, for what it is compared with.")],
    db: Database = "llmaudit.duckdb",
    by: Annotated[
        list[str] | None,
        typer.Option("--by", metavar="NAME", help="As in breakdown, but no times (default: feature). Repeatable."),
    ] = None,
    where: Annotated[
        str | None, typer.Option("--where", metavar="CONDITION", help="Only these calls, on both sides.")
    ] = None,
    of: Annotated[
        Of, typer.Option("--of", help="The cost that is explained; a call with its retries is one call.")
    ] = Of.PER_DAY,
    plan: Annotated[
        Path | None,
        typer.Option("--plan", metavar="FILE", help="A plan.yaml in force since then: did it save what it promised?"),
    ] = None,
    top: Annotated[int, typer.Option("--top", metavar="N", min=1, help="The N largest causes.")] = 10,
    output: OutputFormat = Format.TABLE,
) -> None:
    """Why two periods cost differently: volume, prices, models, tokens per call, cache, retries, new features.

    The parts add up to the change to the last decimal. Below them, who moved P95 of the latency.
    """
    from llmaudit.comparisons import explanation
    from llmaudit.render.explain import rendered

    planned = None
    if plan is not None:
        from llmaudit.plan import load

        planned = load(plan)
    with progress_on_terminal() as progress:
        found = explanation(
            before,
            after,
            db=db,
            by=by or ["feature"],
            where=where,
            plan=planned,
            progress=progress,
            on_renewal=say_renewal,
        )
    typer.echo(rendered(found, output, of.value.replace("-", "_"), top))
