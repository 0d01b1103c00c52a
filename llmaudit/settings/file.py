"""`llmaudit.yaml`, composed from the sections that rooms declare."""

import re
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from llmaudit.analyses.conditions import condition
from llmaudit.attribution import AttributionRules
from llmaudit.checks.section import CheckSection
from llmaudit.complexity import UNDECIDED, ComplexityRules
from llmaudit.config import Section, check, read
from llmaudit.config.yaml_file import Lines
from llmaudit.errors import ConfigError, Location
from llmaudit.prices import PriceOverrides
from llmaudit.readers import all_readers
from llmaudit.readers.mapping.reader import mapped
from llmaudit.readers.mapping.section import MapSection
from llmaudit.settings import Settings


class Privacy(Section):
    """What the store may keep. `user_ids: plain` keeps end users' ids readable instead of as keyed hashes."""

    user_ids: Literal["hashed", "plain"] = "hashed"


class SettingsFile(Section):
    """Everything the file may say."""

    prices: PriceOverrides = Field(default_factory=PriceOverrides)
    attribution: AttributionRules = Field(default_factory=AttributionRules)
    complexity: dict[str, str] = Field(default_factory=dict)
    map: dict[str, MapSection] = Field(default_factory=dict)
    privacy: Privacy = Field(default_factory=Privacy)
    check: CheckSection = Field(default_factory=CheckSection)


def read_settings(path: Path) -> Settings:
    """The settings a file makes; paths in it are relative to it. Raises ConfigError with file and line."""
    content, lines = read(path)
    said = check(SettingsFile, content, lines, path)
    taken = sorted(said.map.keys() & {reader.name for reader in all_readers()})
    if taken:
        at = Location(str(path), lines.get(("map", taken[0])))
        raise ConfigError(f"map.{taken[0]}: llmaudit has a format of that name", at=at, hint="give yours another name")
    return Settings(
        prices=said.prices,
        price_places=_price_places(content, lines, path),
        attribution=said.attribution.relative_to(path.parent),
        complexity=_complexity(said.complexity, lines, path),
        mapped_readers=tuple(mapped(name, section) for name, section in said.map.items()),
        plain_user_ids=said.privacy.user_ids == "plain",
        check=said.check,
    )


def _price_places(content: Any, lines: Lines, path: Path) -> tuple[Location, ...]:
    """Where each row of prices stands, be they a mapping of models or a list, which may be called `rules`."""
    rows = (content or {}).get("prices") or ()
    at: tuple[str, ...] = ("prices",)
    if isinstance(rows, dict) and set(rows) == {"rules"}:
        rows, at = rows["rules"], (*at, "rules")
    keys = rows if isinstance(rows, dict) else range(len(rows))
    return tuple(Location(str(path), lines.get((*at, key))) for key in keys)


def _complexity(said: dict[str, str], lines: Lines, path: Path) -> ComplexityRules | None:
    """The rules as checked SQL. Raises ConfigError with file and line for a condition that means nothing."""
    cases = []
    for word, text in said.items():
        at = Location(str(path), lines.get(("complexity", word)))
        if not re.fullmatch(r"[A-Za-z][\w-]{0,39}", word):
            raise ConfigError(f"complexity.{word}: a word of letters, digits, - and _", at=at, hint="such as simple")
        try:
            checked = condition(text)
        except ConfigError as error:
            raise ConfigError(f"complexity.{word}: {error}", at=at, hint=error.hint) from error
        undecided = sorted(checked.columns & UNDECIDED)
        if undecided:
            raise ConfigError(
                f"complexity.{word}: {undecided[0]} is not known yet when the complexity of a call is decided",
                at=at,
                hint="use token counts, such as output_tokens <= 100",
            )
        cases.append((word, checked.sql))
    return ComplexityRules(tuple(cases)) if cases else None
