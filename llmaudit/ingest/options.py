"""What a person may say about how logs are read."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from llmaudit.attribution import AttributionRules
from llmaudit.errors import ConfigError
from llmaudit.model import COLUMNS
from llmaudit.prices import PriceOverrides
from llmaudit.readers import Reader, all_readers


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """How logs are read: values for what they leave out, how tokens are counted, whose calls they are, what they cost."""

    constants: dict[str, str] = field(default_factory=dict)
    exact_tokens: bool = False
    plain_user_ids: bool = False
    prices: PriceOverrides = field(default_factory=PriceOverrides)
    attribution: AttributionRules = field(default_factory=AttributionRules)
    readers: tuple[Reader, ...] = field(default_factory=all_readers)
    excluded: frozenset[Path] = frozenset()

    @property
    def fingerprint(self) -> str:
        """What makes a file worth reading again although it has not changed: other options give other calls."""
        return repr((sorted(self.constants.items()), self.exact_tokens, self.plain_user_ids))


def parse_constants(settings: Sequence[str]) -> dict[str, str]:
    """`COLUMN=VALUE` texts as a mapping. Raises ConfigError naming the nearest column that may be set."""
    settable = [column.name for column in COLUMNS if column.given_by == "log" and "[" not in column.type]
    constants: dict[str, str] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise ConfigError(f"--set {setting}: expected COLUMN=VALUE", hint="such as --set provider_name=openai")
        if name not in settable or name == "tags":
            close = difflib.get_close_matches(name, settable, n=1)
            hint = f"did you mean {close[0]}?" if close else f"one of: {', '.join(settable)}"
            raise ConfigError(f"--set {name}: there is no such column to set", hint=hint)
        constants[name] = value
    return constants
