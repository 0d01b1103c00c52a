"""`llmaudit report`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmaudit.cli.opened import opened_store
from llmaudit.cli.options import Database, Since, Until
from llmaudit.cli.progress import progress_on_terminal
from llmaudit.cli.written import refuse_missing_folder
from llmaudit.render.report.forms import ReportFormat, rendered

if TYPE_CHECKING:
    from llmaudit.replay.bottleneck import Bottleneck

_DEFAULT = Path("llmaudit-report.html")


def report(
    db: Database = "llmaudit.duckdb",
    plan: Annotated[
        Path | None, typer.Option("--plan", metavar="FILE", help="Show what this plan.yaml would have saved.")
    ] = None,
    run: Annotated[
        Path | None, typer.Option("--run", metavar="FILE", help="Show what this bottleneck --record measured.")
    ] = None,
    since: Since = None,
    until: Until = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to write it; - is standard output (default: llmaudit-report.html; Markdown and JSON to "
            "standard output).",
        ),
    ] = None,
    form: Annotated[
        ReportFormat | None,
        typer.Option("--format", help="By default what the name of --output asks for, else html."),
    ] = None,
    template: Annotated[
        Path | None, typer.Option("--template", metavar="FILE", help="A Jinja2 template of your own.")
    ] = None,
    memory_limit: Annotated[
        str | None, typer.Option("--memory-limit", metavar="SIZE", help="Such as 4GB; beyond it, work goes to disk.")
    ] = None,
) -> None:
    """One page for whoever decides: what it costs, where that goes, what would help.

    The page is one file that asks nothing of the network: mail it, print it, put it on a shelf.
    """
    from llmaudit import plan as plans
    from llmaudit.render.report.document import document

    named = None if output in (None, "-") else Path(str(output))
    kind = form or (ReportFormat.of_file(named) if named else ReportFormat.HTML)
    if named is not None:
        _refuse(named, plan, run, template)
    if named is None and output is None and kind is ReportFormat.HTML:
        named = _DEFAULT
    steps = None if plan is None else plans.load(plan)
    said = None if plan is None else plan.read_text(encoding="utf-8")
    measured = None if run is None else _diagnosis(run)
    with opened_store(db, memory_limit) as audit, progress_on_terminal() as progress:
        found = audit.report(plan=steps, since=since, until=until, progress=progress)
        progress("writing the page")
        text = rendered(document(found, plan=said, run=measured), kind, template)
    if named is None:
        typer.echo(text)
        return
    _write(named, text)
    typer.echo(str(named))


def _diagnosis(run: Path) -> "Bottleneck":
    """What `llmaudit bottleneck --run` says of a recorded run."""
    from llmaudit.replay import record
    from llmaudit.replay.findings.finding import ProbeInput
    from llmaudit.replay.measure import explained
    from llmaudit.replay.slo import Slo

    return explained(ProbeInput(record.read(run)), Slo())


def _refuse(output: Path, *sources: Path | None) -> None:
    """Raises ConfigError where the page cannot be written, or would take the place of what it is made of."""
    from llmaudit.errors import ConfigError, Location

    refuse_missing_folder(output)
    if any(source is not None and source.resolve() == output.resolve() for source in sources):
        raise ConfigError(
            "is what the report is made of", at=Location(str(output)), hint="name another file with --output"
        )


def _write(path: Path, text: str) -> None:
    from llmaudit.errors import ConfigError, Location

    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot be written: {error.strerror}", at=Location(str(path)), hint="name another file with --output"
        ) from error
