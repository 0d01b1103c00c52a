"""`llmaudit schema`."""

from typing import Annotated

import typer


def schema(name: Annotated[str, typer.Argument(help="An answer, such as breakdown or ingest.")]) -> None:
    """Print the JSON Schema of an answer."""
    from llmaudit import schemas

    typer.echo(schemas.text(name))
