"""What a person may say about how logs are read."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

from llmaudit.errors import ConfigError
from llmaudit.model import COLUMNS, SERVICE_TIERS, STATUSES
from llmaudit.words import did_you_mean

if TYPE_CHECKING:
    from llmaudit.attribution import AttributionRules
    from llmaudit.complexity import ComplexityRules
    from llmaudit.prices import PriceOverrides
    from llmaudit.readers import Reader

_WORDS = {
    "varchar": "a text",
    "boolean": "true or false",
    "bigint": "a whole number",
    "integer": "a whole number",
    "double": "a number",
    "decimal(24, 12)": "an amount",
    "timestamp": "a time",
}
"""What a value of each type of column is; lists and maps cannot be set."""
_CHOICES = {
    "status": STATUSES,
    "service_tier": SERVICE_TIERS,
    "token_basis": ("reported", "counted", "estimated"),
    "segment_basis": ("counted", "estimated"),
}


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """How logs are read: what fills their gaps, how tokens are counted, whose calls they are, how hard, how dear."""

    constants: dict[str, str] = field(default_factory=dict)
    exact_tokens: bool = False
    plain_user_ids: bool = False
    prices: "PriceOverrides | None" = None
    attribution: "AttributionRules | None" = None
    complexity: "ComplexityRules | None" = None
    readers: "tuple[Reader, ...] | None" = None
    mapped_readers: "tuple[Reader, ...]" = ()
    excluded: frozenset[Path] = frozenset()

    def fingerprint(self, key: str) -> str:
        """What makes a file worth reading again although it has not changed: other options give other calls.

        Keyed, because options may name users or keys.
        """
        mapped = [(reader.name, reader.query) for reader in self.mapped_readers]
        said = repr((sorted(self.constants.items()), self.exact_tokens, self.plain_user_ids, mapped))
        return hashlib.sha256(f"{key}{said}".encode()).hexdigest()[:16]


def parse_constants(settings: Sequence[str]) -> dict[str, str]:
    """`COLUMN=VALUE` texts as a mapping. Raises ConfigError naming the nearest column that may be set."""
    settable = {column.name: column.type for column in COLUMNS if column.given_by == "log" and column.type in _WORDS}
    constants: dict[str, str] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise ConfigError(f"--set {setting}: expected COLUMN=VALUE", hint="such as --set provider_name=openai")
        if name not in settable:
            hint = did_you_mean(name, settable, otherwise=f"one of: {', '.join(settable)}")
            raise ConfigError(f"--set {name}: there is no such column to set", hint=hint)
        if name in _CHOICES and value not in _CHOICES[name]:
            raise ConfigError(
                f"--set {name}={value}: there is no such {name}", hint=f"one of: {', '.join(_CHOICES[name])}"
            )
        if name != "started_at" and not _fits(value, settable[name]):
            raise ConfigError(f"--set {name}={value}: expected {_WORDS[settable[name]]}")
        constants[name] = _instant(value) if name == "started_at" else value
    return constants


_TOO_LARGE = {"integer": 2**31}


def _fits(value: str, kind: str) -> bool:
    if kind == "boolean":
        return value.lower() in {"true", "false"}
    if kind == "varchar":
        return value != ""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return False
    return (
        number.is_finite()
        and abs(number) < _TOO_LARGE.get(kind, 10**12)
        and (kind not in {"bigint", "integer"} or number == number.to_integral_value())
    )


def _instant(written: str) -> str:
    """The time in UTC, in ISO 8601 without a zone; one without a zone is UTC. Raises ConfigError."""
    try:
        said = datetime.fromisoformat(written)
        instant = said.astimezone(UTC) if said.tzinfo else said
    except (ValueError, OverflowError):
        instant = None
    if instant is None or not 2000 <= instant.year <= 2099:
        raise ConfigError(
            f"--set started_at={written}: not a time between 2000 and 2099",
            hint="such as --set started_at=2026-10-01 or --set started_at=2026-10-01T09:00:00Z",
        )
    return instant.replace(tzinfo=None).isoformat()
