"""The simple SQL that a `map:` may use: calculations over a record's own fields, reading nothing else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg)
_OF_NUMBERS = (*_ARITHMETIC, exp.Round, exp.Floor, exp.Ceil, exp.Abs)
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In)
_PASS_ON = (exp.Paren, exp.Coalesce, exp.Nullif, exp.Greatest, exp.Least)
_ALLOWED = (
    *(*_OF_NUMBERS, *_COMPARISONS, *_PASS_ON),
    *(exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.And, exp.Or, exp.Not),
    *(exp.Is, exp.Case, exp.If),
    *(exp.Like, exp.ILike, exp.Lower, exp.Upper, exp.Trim, exp.Concat, exp.DPipe, exp.Substring, exp.Replace),
    exp.Length,
    *(exp.SplitPart, exp.StrPosition, exp.Left, exp.Right, exp.StartsWith, exp.RegexpExtract, exp.RegexpReplace),
    *(exp.Cast, exp.TryCast, exp.DataType, exp.DataTypeParam),
)
_TYPES = {"TEXT", "VARCHAR", "DOUBLE", "DECIMAL", "BIGINT", "INT", "BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMPTZ"}
_PART = re.compile(r'"((?:[^"]|"")+)"|([^."]+)')


@dataclass(frozen=True, slots=True)
class Path:
    """Where a value stands in a record: a field, and the steps into it."""

    field: str
    inner: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Path":
        """`usage.in`, `choices.0.text`, `"a name.with dots".x`. Raises ValueError."""
        parts, at = [], 0
        while at < len(text):
            found = _PART.match(text, at)
            if found is None or (found.end() < len(text) and text[found.end()] != "."):
                raise ValueError(f"{text}: is not a path such as usage.input")
            parts.append(found[1].replace('""', '"') if found[1] else found[2].strip())
            at = found.end() + 1
        if not parts or not all(parts) or text.endswith("."):
            raise ValueError(f"{text or 'an empty text'}: is not a path such as usage.input")
        return cls(parts[0], tuple(parts[1:]))

    @property
    def json_path(self) -> str:
        """The steps into the field, as DuckDB writes them."""
        quoted = (part.replace("\\", "\\\\").replace('"', '\\"') for part in self.inner)
        return "$" + "".join(f"[{part}]" if part.isdecimal() else f'."{part}"' for part in quoted)

    def __str__(self) -> str:
        return ".".join((self.field, *self.inner))


@dataclass(frozen=True, slots=True)
class Used:
    """A field that an expression calculates with: what it is called in SQL and in the log."""

    alias: str
    name: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expression over aliases, and the fields in it that have to be numbers."""

    sql: str
    numbers: tuple[Used, ...]


def compiled(text: str, paths: dict[Path, str]) -> Compiled:
    """The expression as DuckDB SQL over aliases; fields it uses are added to `paths`. Raises ValueError."""
    root = exp.Paren(this=_parsed(text))
    numbers: list[Used] = []
    for column, numeric in list(_columns(root, False)):
        path = Path(column.parts[0].name, tuple(part.name for part in column.parts[1:]))
        alias = paths.setdefault(path, f"field_{len(paths)}")
        value: exp.Expression = exp.column(alias)
        if numeric:
            numbers.append(Used(alias, str(path)))
            value = exp.TryCast(this=value, to=exp.DataType.build("double"))
        column.replace(value)
    return Compiled(root.sql(dialect="duckdb"), tuple(numbers))


def literal(text: str) -> str:
    """The text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _parsed(text: str) -> exp.Expression:
    try:
        trees = sqlglot.parse(text, dialect="duckdb")
    except sqlglot.errors.SqlglotError as error:
        raise ValueError(f"{text}: is not an SQL expression") from error
    root = trees[0] if len(trees) == 1 else None
    if not isinstance(root, exp.Expression):
        raise ValueError(f"{text}: is not one SQL expression")
    for node in root.walk():
        if not isinstance(node, _ALLOWED):
            name = node.name if isinstance(node, exp.Anonymous) else node.key
            raise ValueError(f"{text}: {name} may not be used here")
        if isinstance(node, exp.DataType) and node.this.name not in _TYPES:
            raise ValueError(f"{text}: a cast to {node.this.name.lower()} may not be used here")
    return root


def _columns(node: exp.Expression, numeric: bool) -> Iterator[tuple[exp.Column, bool]]:
    """The columns below a node, and whether each stands where a number is wanted."""
    if isinstance(node, exp.Column):
        yield node, numeric
        return
    children = list(node.iter_expressions())
    if isinstance(node, _OF_NUMBERS):
        wanted = True
    elif isinstance(node, _COMPARISONS):
        wanted = any(map(_is_number, children))
    elif isinstance(node, _PASS_ON):
        wanted = numeric or any(map(_is_number, children))
    else:
        wanted = False
    for child in children:
        result_of_case = isinstance(node, exp.Case) and child.arg_key == "default"
        result_of_if = isinstance(node, exp.If) and child.arg_key in ("true", "false")
        passes = result_of_case or result_of_if or (isinstance(node, exp.Case) and child.arg_key == "ifs")
        yield from _columns(child, numeric if passes else wanted)


def _is_number(node: exp.Expression) -> bool:
    if isinstance(node, exp.Paren):
        return _is_number(node.this)
    return isinstance(node, _OF_NUMBERS) or (isinstance(node, exp.Literal) and not node.is_string)
