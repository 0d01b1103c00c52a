"""Where in a file an error of a section stands: pydantic names places as it reads them, people as they wrote them."""

from collections.abc import Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Tag

Place = tuple[str | int, ...]


def walked(section: type[BaseModel], place: Sequence[str | int]) -> tuple[Place, type[BaseModel] | None]:
    """The place without the names of branches that pydantic puts in, and the section that its last part stands in."""
    kind: Any = section
    parts: list[str | int] = []
    holder: type[BaseModel] | None = None
    for part in place:
        options = _options(kind)
        branch = next((option for option in options if _is_called(option, part)), None)
        under = next(filter(None, (_under(option, part) for option in options)), None)
        if branch is not None:
            kind = branch
        elif under is not None or len(options) == 1:
            holder = next((option for option in options if _is_section(option)), None)
            parts.append(part)
            kind = under
        # What is left is the name of a plain type in a union, such as `str`, behind which nothing comes.
    return tuple(parts), holder


def as_written(content: Any, place: Place) -> Place:
    """The place as the file has it: a section may read a mapping of names as a list, and one value as a list of one."""
    written: list[str | int] = []
    parts = list(place)
    while parts:
        part = parts.pop(0)
        is_list, listed = isinstance(content, list), bool(parts) and isinstance(parts[0], int)
        if (isinstance(part, int) and not is_list) or (isinstance(part, str) and is_list and listed):
            continue
        if isinstance(content, dict) and part not in content and listed:
            part = list(content)[int(parts.pop(0))]
        inside = (isinstance(content, dict) and part in content) or (is_list and isinstance(part, int))
        content = content[part] if inside else None
        written.append(part)
    return tuple(written)


def _options(kind: Any) -> list[Any]:
    """The kinds of value that it may be, one or the members of a union; to be nothing at all has no parts."""
    bare = _bare(kind)
    if not _is_union(bare):
        return [kind]
    return [option for member in get_args(bare) if member is not NoneType for option in _options(member)]


def _under(kind: Any, part: str | int) -> Any:
    """The kind of what stands under that part of it; None where nothing can."""
    bare = _bare(kind)
    if _is_section(bare):
        fields = bare.model_fields.items()
        return next((field.annotation for name, field in fields if part in (name, field.alias)), None)
    arguments = get_args(bare)
    if get_origin(bare) is dict:
        return arguments[1]
    return arguments[0] if get_origin(bare) in (list, tuple) and isinstance(part, int) else None


def _is_called(kind: Any, part: str | int) -> bool:
    """Whether that is the name of a branch."""
    return get_origin(kind) is Annotated and Tag(str(part)) in kind.__metadata__


def _is_section(kind: Any) -> bool:
    return isinstance(_bare(kind), type) and issubclass(_bare(kind), BaseModel)


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, UnionType)


def _bare(kind: Any) -> Any:
    return _bare(get_args(kind)[0]) if get_origin(kind) is Annotated else kind
