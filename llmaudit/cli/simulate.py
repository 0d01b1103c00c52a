"""`llmaudit simulate`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from llmaudit.cli.opened import opened_store
from llmaudit.cli.options import Database, Format, MemoryLimit, OutputFormat, Since, Until
from llmaudit.cli.progress import progress_on_terminal
from llmaudit.errors import ConfigError

_A_CENT, _MORE_THAN_ANY_MONTH = 0.01, 1e12


class Attribution(StrEnum):
    """How the saving of a plan is shared out among its steps."""

    SHAPLEY = "shapley"


def simulate(
    plan: Annotated[Path, typer.Option("--plan", metavar="FILE", help="The steps to try, in order: a plan.yaml.")],
    db: Database = "llmaudit.duckdb",
    since: Since = None,
    until: Until = None,
    scale_to: Annotated[
        float | None,
        typer.Option("--scale-to", metavar="USD", help="Show amounts as if a month of the baseline cost that."),
    ] = None,
    require_saving: Annotated[
        str | None,
        typer.Option("--require-saving", metavar="SHARE", help="Exit with 1 when less is saved, such as 60%."),
    ] = None,
    attribution: Annotated[
        Attribution | None,
        typer.Option("--attribution", help="Also what each step saves alone, and in any order."),
    ] = None,
    frontier: Annotated[
        bool, typer.Option("--frontier", help="Cost against quality, for 0 to 100 % of the routed calls moved.")
    ] = False,
    memory_limit: MemoryLimit = None,
    output: OutputFormat = Format.TABLE,
) -> None:
    """What each remedy would really save, replayed over your own calls, in the order of the plan.

    Each step works on what the one before left, so savings never overlap and add up to the total.
    """
    from decimal import Decimal

    from llmaudit import plan as plans
    from llmaudit.render.simulate import rendered

    if frontier:
        if scale_to is not None or require_saving is not None or attribution is not None:
            raise ConfigError("--frontier: is an answer of its own", hint="ask for the others without it")
        typer.echo(_frontier(plan, db, since, until, memory_limit, output))
        return
    if scale_to is not None:
        _check_scale(scale_to)
    wanted = None if require_saving is None else plans.share(require_saving)
    found = plans.load(plan)
    with opened_store(db, memory_limit) as audit, progress_on_terminal() as progress:
        answer = audit.simulate(
            found, since=since, until=until, attribution=None if attribution is None else "shapley", progress=progress
        )
    if scale_to is not None and not answer.baseline_cost:
        raise ConfigError("--scale-to: the calls cost $0, which no scale makes more", hint="leave it out")
    typer.echo(rendered(answer, output, None if scale_to is None else Decimal(str(scale_to))))
    short = wanted is not None and answer.saving < wanted * answer.baseline_cost
    if short:
        typer.echo(f"error: the plan saves less than {require_saving}", err=True)
    raise typer.Exit(1 if short else 0)


def _check_scale(scale_to: float) -> None:
    if not _A_CENT <= scale_to < _MORE_THAN_ANY_MONTH:
        raise ConfigError(f"--scale-to {scale_to:g}: expected what a month costs", hint="in dollars, such as 50000")


def _frontier(
    plan: Path, db: str, since: str | None, until: str | None, memory_limit: str | None, output: Format
) -> str:
    from llmaudit import plan as plans
    from llmaudit.render.frontier import rendered

    found = plans.load(plan)
    with opened_store(db, memory_limit) as audit, progress_on_terminal() as progress:
        answer = audit.frontier(found, since=since, until=until, progress=progress)
    if output is Format.CSV:
        # Its rows have no place for what no reader may overlook.
        for warning in answer.warnings:
            typer.echo(f"warning: {warning}", err=True)
    return rendered(answer, output)
