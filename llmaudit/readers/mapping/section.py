"""The `map:` section of llmaudit.yaml: how a log that no reader knows is to be read."""

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from llmaudit.config import Section
from llmaudit.model import COLUMNS
from llmaudit.readers.mapping.expressions import Path, compiled
from llmaudit.store import refusal
from llmaudit.words import nearest

_MODELS = {"request_model", "response_model"}
_AMOUNTS = {"input_tokens", "output_tokens", "reported_cost"}
_TAKEN = {"source_id", "file_index"}
MAPPABLE = ("response_id", "api_key", "api_key_alias", *(c.name for c in COLUMNS if c.given_by == "log"))
"""The columns that a map may fill."""


class Constant(Section):
    """The same value for every record."""

    value: str | int | bool


class Expression(Section):
    """A value calculated from the record's fields."""

    sql: str

    @field_validator("sql")
    @classmethod
    def _check(cls, sql: str) -> str:
        paths: dict[Path, str] = {}
        select = f"select {compiled(sql, paths).sql} from (select {_unknown(paths)})"
        # A regular expression without an end, a decimal of 99 digits: only DuckDB knows.
        reason = refusal(select)
        if reason is not None:
            raise ValueError(f"{sql}: cannot be calculated: {reason.partition(': ')[2] or reason}")
        return sql


def _unknown(paths: dict[Path, str]) -> str:
    return ", ".join(["1 as a_record", *(f"cast(null as varchar) as {alias}" for alias in paths.values())])


def _kind(target: Any) -> str:
    """Which of the three ways a target is written in, so that a mistake in it is told as a mistake of that way."""
    if isinstance(target, Constant) or (isinstance(target, dict) and "value" in target):
        return "constant"
    return "expression" if isinstance(target, Expression | dict) else "path"


Target = Annotated[
    Annotated[str, Tag("path")] | Annotated[Constant, Tag("constant")] | Annotated[Expression, Tag("expression")],
    Discriminator(_kind),
]


class MapSection(Section):
    """Which files a map is for (fields that a record of theirs has), and where the columns of a call come from."""

    when: tuple[str, ...] = Field(min_length=1)
    columns: dict[str, Target]

    @field_validator("columns")
    @classmethod
    def _check_columns(cls, columns: dict[str, Target]) -> dict[str, Target]:
        paths: dict[Path, str] = {}
        for name, target in columns.items():
            if name not in MAPPABLE:
                near = nearest(name, MAPPABLE)
                raise ValueError(f"{name} is not a column of calls" + (f": did you mean {near}?" if near else ""))
            if isinstance(target, str):
                paths[Path.parse(target)] = name
            elif isinstance(target, Expression):
                compiled(target.sql, paths)
        if not paths:
            raise ValueError("a map needs at least one field of the record")
        for path in paths:
            if path.field.lower() in _TAKEN:
                raise ValueError(f"{path.field}: a field of this name cannot be mapped")
        return columns

    @model_validator(mode="after")
    def _check_enough(self) -> "MapSection":
        if not (_MODELS & self.columns.keys() and _AMOUNTS & self.columns.keys()):
            raise ValueError("a map needs a model (request_model or response_model) and tokens or a cost")
        return self
