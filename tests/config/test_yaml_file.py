"""A mistake in a settings file: its line, its key as it was written, what was expected, and the nearest right word."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BeforeValidator, Discriminator, Field, Tag

from llmaudit.config import Section, check, read
from llmaudit.errors import ConfigError


class Row(Section):
    size: int = 1
    kind: Literal["small", "large"] = "small"
    name: str = ""
    from_: str | None = Field(default=None, alias="from")


class Formula(Section):
    sql: str


Target = Annotated[
    Annotated[str, Tag("path")] | Annotated[Formula, Tag("formula")],
    Discriminator(lambda given: "formula" if isinstance(given, dict) else "path"),
]
Many = Annotated[tuple[str, ...], BeforeValidator(lambda given: given if isinstance(given, list) else [given])]


class File(Section):
    rows: list[Row] | None = None
    by_name: dict[str, Row] | None = None
    maybe: Row | None = None
    targets: dict[str, Target] | None = None
    names: Many = ()
    tags: tuple[str, ...] = Field(default=("a",), min_length=1)
    either: int | bool = 1
    share: float = Field(default=0.5, ge=0, le=1)
    count: int = Field(default=1, gt=0)
    day: date | None = None
    file: Path | None = None


CASES = {
    "rows:\n  - {}\n  - {sise: 3}": (3, "rows.1.sise: is not a known setting", "did you mean size?"),
    "by_name:\n  a:\n    form: x": (3, "by_name.a.form: is not a known setting", "did you mean from?"),
    "maybe:\n  nmae: x": (2, "maybe.nmae: is not a known setting", "did you mean name?"),
    "maybe:\n  quux: x": (2, "maybe.quux: is not a known setting", "known here: size, kind, name, from"),
    "rows:\n  - kind: lage": (2, "rows.0.kind: expected small or large, not 'lage'", "did you mean large?"),
    "rows:\n  - size: [1]": (2, "rows.0.size: expected a whole number, not a list", None),
    "rows: 3": (1, "rows: expected a list, such as [a, b], not 3", None),
    "rows:\n  - 3": (2, "rows.0: expected settings (name: value), not 3", None),
    "maybe: on": (1, "maybe: expected settings (name: value), not true", None),
    "rows:\n  - name: 3": (2, "rows.0.name: expected a text, not 3", "in quotes it is a text"),
    "rows:\n  - name:": (2, "rows.0.name: expected a text, not nothing", None),
    "targets:\n  a: {sqll: x}": (2, "targets.a.sqll: is not a known setting", "did you mean sql?"),
    "targets:\n  a: {}": (2, "targets.a.sql: is missing", None),
    "targets:\n  a: [x]": (2, "targets.a: expected a text, not a list", None),
    "names: {a: b}": (1, "names: expected a text, not settings", None),
    "names: [a, 3]": (1, "names.1: expected a text, not 3", "in quotes it is a text"),
    "tags: []": (1, "tags: is empty", None),
    "either: x": (1, "either: expected a whole number or true or false, not 'x'", None),
    "share: 1.5": (1, "share: expected at most 1.0, not '1.5'", None),
    "count: 0": (1, "count: expected more than 0, not 0", None),
    "day: soon": (1, "day: expected a day, such as 2026-10-01, not 'soon'", None),
    "on: 2026-10-01": (1, "names are texts: put on, off, yes, no and numbers in quotes", None),
    "file: 3": (1, "file: expected the name of a file, not 3", None),
    "- rows": (1, "expected settings (name: value), not a list", None),
}


@pytest.mark.parametrize("text", CASES)
def test_a_mistake_is_told_in_our_words(text: str, tmp_path: Path) -> None:
    file = tmp_path / "some.yaml"
    file.write_text(text, encoding="utf-8")
    line, said, hint = CASES[text]
    content, lines = read(file)
    with pytest.raises(ConfigError) as caught:
        check(File, content, lines, file)
    assert (str(caught.value), caught.value.hint) == (f"{file}:{line}: {said}", hint)
