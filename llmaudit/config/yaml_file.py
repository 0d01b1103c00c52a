"""Read a YAML file into a section, keeping the line of every key so that errors can name it."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from llmaudit.config.places import Place, as_written, walked
from llmaudit.config.wording import hint, reason
from llmaudit.errors import ConfigError, Location

S = TypeVar("S", bound=BaseModel)
Lines = dict[Place, int]


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


def check(section: type[S], content: Any, lines: Lines, path: Path, prefix: Place = ()) -> S:
    """The content as a section. Raises ConfigError naming file, line, key, what was expected and the nearest word."""
    try:
        return section.model_validate({} if content is None else content)
    except ValidationError as error:
        wrong = error.errors(include_url=False)
        # A misspelt key is also a missing one; the misspelling is what helps.
        first = next((one for one in wrong if one["type"] == "extra_forbidden"), wrong[0])
        place, holder = walked(section, first["loc"])
        here = [first, *(one for one in wrong if one is not first and walked(section, one["loc"])[0] == place)]
        spot = (*prefix, *as_written(content, place))
        line = next((lines[spot[:n]] for n in range(len(spot), -1, -1) if spot[:n] in lines), None)
        key = "".join(f"{part}." for part in spot).removesuffix(".")
        said = f"{key}: {reason(here)}" if key else reason(here)
        raise ConfigError(said, at=Location(str(path), line), hint=hint(first, holder)) from error


class _ExactLoader(yaml.SafeLoader):
    """YAML whose decimals stay strings."""


def _value(node: yaml.Node, at: Place, lines: Lines, path: Path) -> Any:
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
    try:
        return _scalar(node)
    except ValueError as error:  # what looks like a date and is none, such as 2026-13-01
        key = ".".join(map(str, at))
        where = Location(str(path), node.start_mark.line + 1)
        raise ConfigError(f"{key}: is not a day or a time that exists", at=where, hint="such as 2026-10-01") from error


def _scalar(node: yaml.Node) -> Any:
    if node.tag == "tag:yaml.org,2002:float":
        return node.value
    loader = _ExactLoader("")
    try:
        return loader.construct_object(node, deep=True)
    finally:
        loader.dispose()
