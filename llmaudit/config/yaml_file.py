"""Read a YAML file into a section, keeping the line of every key so that errors can name it."""

import difflib
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from llmaudit.errors import ConfigError, Location

S = TypeVar("S", bound=BaseModel)
Lines = dict[tuple[str | int, ...], int]


def read(path: Path) -> tuple[Any, Lines]:
    """The file's content and, for each key and list item, its line (from 1).

    Numbers with a decimal point stay text, so that a price is read as it was written.
    Raises ConfigError when the file cannot be read or is not YAML.
    """
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_ExactLoader)
    except OSError as error:
        raise ConfigError(error.strerror or "cannot be read", at=Location(str(path))) from error
    except UnicodeDecodeError as error:
        raise ConfigError("is not UTF-8 text", at=Location(str(path))) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigError(error.problem or "is not YAML", at=Location(str(path), line)) from error
    lines: Lines = {}
    return (None if node is None else _value(node, (), lines, path)), lines


def check(section: type[S], content: Any, lines: Lines, path: Path, prefix: tuple[str | int, ...] = ()) -> S:
    """The content as a section. Raises ConfigError naming file, line, key and the nearest known key."""
    try:
        return section.model_validate({} if content is None else content)
    except ValidationError as error:
        wrong = error.errors(include_url=False)
        # A misspelt key is also a missing one; the misspelling is what helps.
        first = next((one for one in wrong if one["type"] == "extra_forbidden"), wrong[0])
        spot = (*prefix, *_as_written(content, first["loc"]))
        line = next((lines[spot[:n]] for n in range(len(spot), -1, -1) if spot[:n] in lines), None)
        key = ".".join(str(part) for part in spot)
        hint = _nearest(first, section) if first["type"] == "extra_forbidden" else None
        message = first["msg"].removeprefix("Value error, ")
        message = "is not a known setting" if first["type"] == "extra_forbidden" else message
        raise ConfigError(f"{key}: {message}", at=Location(str(path), line), hint=hint) from error


def _as_written(content: Any, spot: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The place as the file has it: a section may read a mapping of names as a list of rules."""
    written: list[str | int] = []
    parts = list(spot)
    while parts:
        part = parts.pop(0)
        if isinstance(content, dict) and part not in content and parts and isinstance(parts[0], int):
            part = list(content)[int(parts.pop(0))]
        inside = isinstance(content, dict) and part in content
        content = content[part] if inside or (isinstance(content, list) and isinstance(part, int)) else None
        written.append(part)
    return tuple(written)


class _ExactLoader(yaml.SafeLoader):
    """YAML whose decimals stay strings."""


def _value(node: yaml.Node, at: tuple[str | int, ...], lines: Lines, path: Path) -> Any:
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        result: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = _scalar(key_node)
            where = Location(str(path), key_node.start_mark.line + 1)
            if key in result:
                raise ConfigError(f"{key}: stands twice", at=where)
            lines[(*at, key)] = key_node.start_mark.line + 1
            result[key] = _value(value_node, (*at, key), lines, path)
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*at, number), lines, path) for number, item in enumerate(node.value)]
    return _scalar(node)


def _scalar(node: yaml.Node) -> Any:
    if node.tag == "tag:yaml.org,2002:float":
        return node.value
    loader = _ExactLoader("")
    try:
        return loader.construct_object(node, deep=True)
    finally:
        loader.dispose()


def _nearest(first: Any, section: type[BaseModel]) -> str | None:
    """`did you mean …`, among the keys that stand where the unknown one does."""
    model: Any = section
    for part in first["loc"][:-1]:
        if isinstance(part, str) and isinstance(model, type) and issubclass(model, BaseModel):
            model = model.model_fields[part].annotation if part in model.model_fields else None
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return None
    known = list(model.model_fields)
    close = difflib.get_close_matches(str(first["loc"][-1]), known, n=1)
    return f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"
