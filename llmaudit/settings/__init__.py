"""What `llmaudit.yaml` says, if there is one. Options outrank the environment, that the file, that the defaults."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llmaudit.errors import Location
from llmaudit.ingest import IngestOptions

if TYPE_CHECKING:
    from llmaudit.attribution import AttributionRules
    from llmaudit.checks.section import CheckSection
    from llmaudit.complexity import ComplexityRules
    from llmaudit.prices import PriceOverrides
    from llmaudit.readers import Reader

FILE_NAME = "llmaudit.yaml"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything `llmaudit.yaml` may say, and where it says each row of prices; None is what it does not say."""

    prices: "PriceOverrides | None" = None
    price_places: tuple[Location, ...] = ()
    attribution: "AttributionRules | None" = None
    complexity: "ComplexityRules | None" = None
    mapped_readers: "tuple[Reader, ...]" = ()
    plain_user_ids: bool = False
    check: "CheckSection | None" = None

    def ingest_options(self, *, constants: dict[str, str], exact_tokens: bool) -> IngestOptions:
        """How to read logs: this file's word, and what the command line says beside it."""
        return IngestOptions(
            constants=constants,
            exact_tokens=exact_tokens,
            plain_user_ids=self.plain_user_ids,
            prices=self.prices,
            attribution=self.attribution,
            complexity=self.complexity,
            mapped_readers=self.mapped_readers,
            excluded=self._files_of_its_own(),
        )

    def _files_of_its_own(self) -> frozenset[Path]:
        """What lies among logs and is none."""
        own = frozenset({Path(FILE_NAME).resolve()})
        if self.attribution is None:
            return own
        from llmaudit.attribution import excluded_files

        return own | excluded_files(self.attribution)


def load(path: Path | None = None) -> Settings:
    """The settings of a file, by default `llmaudit.yaml` in the working folder; the defaults if that is not there.

    Raises ConfigError with file and line for anything the file says that is not a setting.
    """
    if path is None and not Path(FILE_NAME).exists():
        return Settings()
    # pydantic and sqlglot take longer to import than most stores to read, so only a file pays for them.
    from llmaudit.settings.file import read_settings

    return read_settings(path or Path(FILE_NAME))
