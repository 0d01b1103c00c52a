"""`llmaudit.yaml`: composed from the sections that rooms declare. Options outrank the environment, that the file."""

from pathlib import Path

from pydantic import Field

from llmaudit.attribution import AttributionRules, excluded_files
from llmaudit.config import Section, check, read
from llmaudit.ingest import IngestOptions
from llmaudit.prices import PriceOverrides
from llmaudit.readers import all_readers
from llmaudit.readers.mapping.reader import mapped
from llmaudit.readers.mapping.section import MapSection

FILE_NAME = "llmaudit.yaml"


class Privacy(Section):
    """What the store may keep. `user_ids: plain` keeps end users' ids readable instead of as keyed hashes."""

    user_ids: str = Field(default="hashed", pattern="^(hashed|plain)$")


class Settings(Section):
    """Everything `llmaudit.yaml` may say."""

    prices: PriceOverrides = Field(default_factory=PriceOverrides)
    attribution: AttributionRules = Field(default_factory=AttributionRules)
    map: dict[str, MapSection] = Field(default_factory=dict)
    privacy: Privacy = Field(default_factory=Privacy)

    def ingest_options(self, *, constants: dict[str, str], exact_tokens: bool) -> IngestOptions:
        """How to read logs: this file's word, and what the command line says beside it."""
        return IngestOptions(
            constants=constants,
            exact_tokens=exact_tokens,
            plain_user_ids=self.privacy.user_ids == "plain",
            prices=self.prices,
            attribution=self.attribution,
            readers=(*all_readers(), *(mapped(name, section) for name, section in self.map.items())),
            excluded=excluded_files(self.attribution) | {Path(FILE_NAME).resolve()},
        )


def load(path: Path | None = None) -> Settings:
    """The settings of a file, by default `llmaudit.yaml` in the working folder; the defaults if that is not there.

    Raises ConfigError with file and line for anything the file says that is not a setting.
    """
    file = path or Path(FILE_NAME)
    if path is None and not file.exists():
        return Settings()
    content, lines = read(file)
    settings = check(Settings, content, lines, file)
    return settings.model_copy(update={"attribution": settings.attribution.relative_to(file.parent)})
