"""Conditions over calls: what a person writes behind `--where`, checked word by word before any of it runs.

    feature = 'search' and input_tokens > 10000 and tags['team'] like 'core-%'

A condition may compare the documented columns of `calls` with text and numbers: `= <> < <= > >=`, `between`, `in`,
`like`, `is null`, joined by `and`, `or`, `not`; and it may use the functions named in FUNCTIONS. What runs is written
anew from the checked tree, so nothing that was not understood can slip through.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from llmaudit.analyses.dimensions import DIMENSIONS
from llmaudit.errors import ConfigError
from llmaudit.model import COLUMNS
from llmaudit.words import nearest

FUNCTIONS = ("lower", "upper", "trim", "length", "coalesce", "abs")
_LONGEST = 4_000
_KINDS = {
    "varchar": "text",
    "boolean": "boolean",
    "timestamp": "time",
    "bigint": "number",
    "integer": "number",
    "double": "number",
    "decimal(24, 12)": "number",
}
_COLUMNS = {column.name: _KINDS[column.type] for column in COLUMNS if column.type in _KINDS}
_NOTHING = "null"
Node: TypeAlias = Any
"""A node of sqlglot's tree: its classes are renamed between versions, and every use here asks what it is first."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A checked condition: as it was written, as SQL that is safe to run, and the columns it looks at."""

    text: str
    sql: str
    columns: frozenset[str]


def condition(text: str, beside: Mapping[str, str] | None = None) -> Condition:
    """The condition that the text says; `beside` are columns that the relation has more than `calls`, and their kinds.

    Raises ConfigError naming the part that is not allowed or not known.
    """
    import sqlglot
    from sqlglot import errors, exp

    if not text.strip() or len(text) > _LONGEST:
        raise ConfigError(f"a condition has 1 to {_LONGEST:,} characters", hint="such as feature = 'search'")
    try:
        tree = sqlglot.parse_one(text, read="duckdb", into=exp.Condition)
        kind = _Checker(text, {**_COLUMNS, **(beside or {})}).kind(tree)
        # Comments are left out: they are the one part of a text that the tree keeps and nobody checked.
        sql = tree.sql(dialect="duckdb", comments=False)
    except errors.SqlglotError as error:
        found = getattr(error, "errors", None) or [{}]
        near = found[0].get("highlight")
        raise ConfigError(f"{text}: not a condition{f', at {near!r}' if near else ''}", hint=_how()) from error
    except RecursionError as error:
        raise ConfigError("the condition is nested too deeply") from error
    if kind != "boolean":
        raise ConfigError(f"{text}: is {_a(kind)}, not a condition", hint=_how())
    return Condition(text, sql, frozenset(column.name.lower() for column in tree.find_all(exp.Column)))


class _Checker:
    """Walks a tree from the top: each node is of a known type, and its parts are of kinds that go together."""

    def __init__(self, text: str, columns: Mapping[str, str]) -> None:
        self._text = text
        self._columns = columns

    def kind(self, node: Node) -> str:
        """What a node's value is: text, number, boolean, time or null. Raises ConfigError for a node not allowed."""
        from sqlglot import exp

        self._nothing_beside(node)
        match node:
            case exp.Paren():
                return self.kind(node.this)
            case exp.Literal():
                return "text" if node.is_string else "number"
            case exp.Null():
                return _NOTHING
            case exp.Boolean():
                return "boolean"
            case exp.Column():
                return self._column(node)
            case exp.Bracket():
                return self._tag(node)
            case exp.Neg() if isinstance(node.this, exp.Literal) and not node.this.is_string:
                return "number"
            case exp.And() | exp.Or():
                return self._all("boolean", node, node.left, node.right)
            case exp.Not():
                return self._all("boolean", node, node.this)
            case exp.EQ() | exp.NEQ() | exp.LT() | exp.LTE() | exp.GT() | exp.GTE():
                return self._comparison(node, node.left, node.right)
            case exp.Between():
                return self._comparison(node, node.this, node.args["low"], node.args["high"])
            case exp.In() if node.expressions:
                return self._comparison(node, node.this, *node.expressions)
            case exp.Like() | exp.ILike():
                self._refuse_unquoted(node.this, node.expression)
                self._all("text", node, node.this, node.expression)
                return "boolean"
            case exp.Is() if isinstance(node.expression, exp.Null | exp.Boolean):
                self.kind(node.this)
                return "boolean"
        function = _functions().get(type(node))
        if function is None:
            raise ConfigError(f"{self._sql(node)}: not allowed in a condition", hint=_how())
        return self._function(function, node)

    def _nothing_beside(self, node: Node) -> None:
        """Every part of a node is one that is looked at: a function's unusual arguments would otherwise pass unseen."""
        from sqlglot import exp

        looked_at = {"this", "expression", "expressions", "low", "high", "is_string"}
        harmless = {"safe", "is_null", "null_safe", "offset", "negate"}
        for name, value in node.args.items():
            if value and name not in looked_at and name not in harmless and not isinstance(node, exp.Column):
                raise ConfigError(
                    f"{self._sql(node)}: {name.replace('_', ' ')} is not allowed in a condition", hint=_how()
                )

    def _column(self, node: Node) -> str:
        from sqlglot import exp

        if len(node.parts) > 1 or not isinstance(node.this, exp.Identifier):
            raise ConfigError(f"{self._sql(node)}: a column of calls is named by its name alone")
        name = node.name.lower()
        if name in self._columns:
            return self._columns[name]
        if name == "tags":
            raise ConfigError("tags: name the tag, as in tags['team']")
        raise ConfigError(
            f"{node.name}: calls have no column of that name", hint=_nearest(name, quoted=node.this.quoted)
        )

    def _tag(self, node: Node) -> str:
        from sqlglot import exp

        keys = node.expressions
        is_tags = isinstance(node.this, exp.Column) and len(node.this.parts) == 1 and node.this.name.lower() == "tags"
        if not is_tags or len(keys) != 1 or not (isinstance(keys[0], exp.Literal) and keys[0].is_string):
            raise ConfigError(f"{self._sql(node)}: only tags have parts, as in tags['team']")
        return "text"

    def _function(self, name: str, node: Node) -> str:
        arguments = [part for part in (node.this, *node.expressions) if part is not None]
        if name == "coalesce":
            return self._same(node, *arguments)
        if name in ("abs", "round"):
            return self._all("number", node, *arguments)
        self._all("text", node, *arguments)
        return "number" if name == "length" else "text"

    def _refuse_unquoted(self, column: Node, *others: Node) -> None:
        """Raises ConfigError for a word beside a column of text or a tag that is no column: it was meant as text."""
        from sqlglot import exp

        is_text = isinstance(column, exp.Column) and self._columns.get(column.name.lower()) == "text"
        if not is_text and not isinstance(column, exp.Bracket):
            return
        for other in others:
            words = list(other.find_all(exp.Column)) if isinstance(other, exp.Column | exp.Sub) else []
            if words and not any(word.name.lower() in {*self._columns, "tags"} or word.this.quoted for word in words):
                # A dash in a name was taken for a minus.
                meant = self._sql(other).replace(" ", "")
                near = nearest(meant, self._columns, cutoff=0.8)
                also = f"; or did you mean {near}?" if near else ""
                raise ConfigError(
                    f"{meant}: calls have no column of that name", hint=f"put text in single quotes: '{meant}'{also}"
                )

    def _comparison(self, node: Node, *parts: Node) -> str:
        self._refuse_unquoted(*parts)
        self._same(node, *parts)
        return "boolean"

    def _same(self, node: Node, *parts: Node) -> str:
        kinds = [(self.kind(part), part) for part in parts]
        if any(kind == _NOTHING for kind, _ in kinds):
            raise ConfigError(f"{self._sql(node)}: nothing equals null", hint="write `is null` or `is not null`")
        first = "time" if any(kind == "time" for kind, _ in kinds) else kinds[0][0]
        for kind, part in kinds:
            if kind != first and not (first == "time" and self._is_time(part)):
                raise ConfigError(f"{self._sql(node)}: compares {_a(first)} with {_a(kind)}", hint=_mend(first))
        return first

    def _all(self, wanted: str, node: Node, *parts: Node) -> str:
        for part in parts:
            found = self.kind(part)
            if found != wanted:
                raise ConfigError(f"{self._sql(node)}: {self._sql(part)} is {_a(found)}, not {_a(wanted)}")
        return wanted

    def _is_time(self, node: Node) -> bool:
        from datetime import datetime

        from sqlglot import exp

        if not (isinstance(node, exp.Literal) and node.is_string):
            return False
        try:
            return datetime.fromisoformat(node.name).tzinfo is None
        except ValueError:
            return False

    def _sql(self, node: Node) -> str:
        sql = str(node.sql(dialect="duckdb", comments=False))
        return sql if len(sql) <= 80 else sql[:79] + "…"


@cache
def _functions() -> dict[type, str]:
    from sqlglot import exp

    nodes: tuple[type, ...] = (exp.Lower, exp.Upper, exp.Trim, exp.Length, exp.Coalesce, exp.Abs)
    return dict(zip(nodes, FUNCTIONS, strict=True))


def _nearest(name: str, *, quoted: bool) -> str:
    if quoted:
        return f"text is written in single quotes: '{name}'"
    if any(column.name == name for column in COLUMNS):
        return "that one holds lists, which conditions do not look into"
    meant = {dimension.name: dimension.sql for dimension in DIMENSIONS.values() if not dimension.in_time}
    if name in meant:
        return f"{name} is {meant[name]}"
    near = nearest(name, [*_COLUMNS, *meant], cutoff=0.55)
    if near:
        return f"did you mean {meant.get(near, near)}?"
    return f"columns: {', '.join(_COLUMNS)}"


def _a(kind: str) -> str:
    return {"text": "text", _NOTHING: "null", "boolean": "a yes or no", "time": "a time"}.get(kind, "a number")


def _mend(kind: str) -> str:
    return {
        "text": "text is written in single quotes: 'such'",
        "number": "numbers are written without quotes: 100",
        "boolean": "yes or no is written true or false",
        "time": "a time is written '2026-10-01' or '2026-10-01 13:30:00', in UTC",
    }[kind]


def _how() -> str:
    said = "such as feature = 'search' and input_tokens > 10000 (text in single quotes, numbers without)"
    return f"{said}; functions: {', '.join(FUNCTIONS)}"
