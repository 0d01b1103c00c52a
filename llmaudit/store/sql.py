"""SQL lives in `.sql` files beside the module that runs it."""

from functools import cache
from importlib import resources


@cache
def load_sql(package: str, name: str) -> str:
    """The text of `name.sql` in that package."""
    return resources.files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8")
