"""`llmaudit schema`."""

from typing import Annotated

import typer


def schema(name: Annotated[str, typer.Argument(help="An answer, such as breakdown or ingest; or plan.")]) -> None:
    """Print the JSON Schema of an answer, or of the plan.yaml that simulate takes."""
    from llmaudit import schemas

    typer.echo(schemas.text(name))
