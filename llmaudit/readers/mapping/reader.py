"""The reader that a `map:` section describes: its values under our names, and from there the generic format.

    map:
      our-gateway:                              # the format's name in every answer
        when: [request_uuid, usage.in]          # the log has these fields; in a CSV or Parquet file, these columns
        columns:
          response_id: request_uuid             # a field of the record …
          started_at: ts
          request_model: model
          input_tokens: usage.in                # … or a path into it; `choices.0.text` is the first item of a list
          output_tokens: usage.out
          provider_name: {value: openai}        # the same for every call
          duration_seconds: {sql: "took_ms / 1000"}
          status: {sql: "case when code < 400 then 'ok' else 'error' end"}
          tags: labels

Expressions see the record's own fields and nothing else (`expressions.py` says which words they may use). Where they
calculate or compare with a number, a field is a number; elsewhere it is text.
"""

from llmaudit.readers.generic import COLUMN_SHAPES, SELECT
from llmaudit.readers.mapping.expressions import Path, Used, compiled, literal
from llmaudit.readers.mapping.section import Constant, Expression, MapSection
from llmaudit.readers.shape import ANY, BOOL, JSON, MONEY, NUMBER, TEXT, Reader, duckdb_type, quoted

_EXPECTED = {NUMBER: "a number", MONEY: "an amount", BOOL: "true or false", "bigint": "a whole number"}


def mapped(name: str, section: MapSection) -> Reader:
    """The reader that a `map:` section of this name describes."""
    paths: dict[Path, str] = {}
    taken: dict[str, str] = {}
    numbers: list[Used] = []
    for column, target in section.columns.items():
        if isinstance(target, Constant):
            taken[column] = literal(str(target.value))
        elif isinstance(target, Expression):
            expression = compiled(target.sql, paths)
            taken[column] = f"cast({expression.sql} as varchar)"
            numbers += expression.numbers
        else:
            taken[column] = paths.setdefault(Path.parse(target), f"field_{len(paths)}")
    whole = {paths[path] for path in paths if paths[path] == taken.get("tags")}
    nested = {path.field for path, alias in paths.items() if path.inner or alias in whole}
    fields = ", ".join(f"{_picked(path, nested, alias in whole)} as {alias}" for path, alias in paths.items())
    values = ", ".join(f"{value} as {quoted(column)}" for column, value in taken.items())
    missing = "".join(
        f", cast(null as {duckdb_type(shape)}) as {quoted(column)}"
        for column, shape in COLUMN_SHAPES.items()
        if column not in taken
    )
    query = f"""with picked as (select source_id, {fields} from records),
valued as (select *, {values} from picked),
named as (select source_id, {_converted(taken)}{missing}, {_misread(taken, numbers)} as misread from valued)
{SELECT}"""
    return Reader(
        name=name,
        provider_name=None,
        recognised_by=(dict.fromkeys(section.when, ANY),),
        columns={field: JSON if field in nested else TEXT for field in dict.fromkeys(path.field for path in paths)},
        query=query,
        documentation="",
        tabular=True,
    )


def _picked(path: Path, nested: set[str], whole: bool) -> str:
    """The value at a path as text, empty text being none (`whole`: as JSON)."""
    if path.field not in nested:
        return f"nullif({quoted(path.field)}, '')"
    if whole:
        return f"unwrapped({quoted(path.field)}) -> {literal(path.json_path)}" if path.inner else quoted(path.field)
    return f"nullif(unwrapped({quoted(path.field)}) ->> {literal(path.json_path)}, '')"


def _converted(taken: dict[str, str]) -> str:
    return ", ".join(
        quoted(column)
        if shape in (TEXT, JSON)
        else f"try_cast({quoted(column)} as {duckdb_type(shape)}) as {quoted(column)}"
        for column, shape in COLUMN_SHAPES.items()
        if column in taken
    )


def _misread(taken: dict[str, str], numbers: list[Used]) -> str:
    """A case that names the first value which is not what its column holds."""
    wrong = [
        f"when {used.alias} is not null and try_cast({used.alias} as double) is null "
        f"then {literal(f'{used.name} is not a number')}"
        for used in numbers
    ]
    for column, shape in COLUMN_SHAPES.items():
        if column in taken and shape not in (TEXT, JSON):
            expected = _EXPECTED.get(shape, "a list of numbers") if isinstance(shape, str) else "a list of numbers"
            wrong.append(
                f"when {quoted(column)} is not null and try_cast({quoted(column)} as {duckdb_type(shape)}) is null "
                f"then {literal(f'{column} is not {expected}')}"
            )
    return f"case {' '.join(wrong)} end" if wrong else "cast(null as varchar)"
