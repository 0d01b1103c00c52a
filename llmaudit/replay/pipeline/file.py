"""`pipeline.yaml`: the part for each slot, what is fast enough, and what to do when a provider is down.

embed: {kind: openai, model: text-embedding-3-small, key: env:OPENAI_API_KEY}
retrieve: {kind: pgvector, dsn: env:DATABASE_URL, table: documents, top_k: 10}
rerank: {kind: bm25, top_n: 3}
generate: {kind: openai, model: gpt-4o-mini, key: env:OPENAI_API_KEY}
slo: {p95: 8s, ttft: 1s}
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmaudit import config
from llmaudit.config import Section
from llmaudit.config.yaml_file import Lines
from llmaudit.errors import ConfigError, Location
from llmaudit.replay.pipeline.part import AnyPart, Slot
from llmaudit.replay.pipeline.registry import all_parts, kinds
from llmaudit.replay.slo import Seconds, Slo
from llmaudit.resilience import ResiliencePolicy
from llmaudit.words import did_you_mean


@dataclass(frozen=True, slots=True)
class Plan:
    """A pipeline as it was described: a part with its settings for each slot (rerank may be missing)."""

    parts: Mapping[Slot, tuple[AnyPart, Any]]
    folder: Path
    slo: Slo
    resilience: ResiliencePolicy
    timeout_seconds: float | None = None

    @property
    def described(self) -> str:
        """`embed hashing, retrieve duckdb, …`."""
        return ", ".join(f"{slot} {part.kind}" for slot, (part, _) in self.parts.items())

    @property
    def stand_ins(self) -> tuple[str, ...]:
        """The stages in which something takes the place of what a real pipeline has."""
        return tuple(slot.stage for slot, (part, _) in self.parts.items() if part.stand_in)


class _File(Section):
    embed: dict[str, Any]
    retrieve: dict[str, Any]
    rerank: dict[str, Any] | None = None
    generate: dict[str, Any]
    slo: Slo = Slo()
    resilience: ResiliencePolicy = ResiliencePolicy()
    timeout: Seconds | None = None


_BUILT_IN = {"embed": "hashing", "retrieve": "duckdb", "rerank": "bm25", "generate": "extractive"}


def built_in() -> Plan:
    """The pipeline that needs nothing: no network, no key, no database."""
    parts = {}
    for slot in Slot:
        part = all_parts()[slot, _BUILT_IN[slot]]
        parts[slot] = part, part.settings()
    return Plan(parts, Path(), Slo(), ResiliencePolicy())


def read(path: Path) -> Plan:
    """The pipeline in a file. Raises ConfigError with file, line and the nearest right word."""
    content, lines = config.read(path)
    said = config.check(_File, content, lines, path)
    parts = {}
    for slot in Slot:
        settings = getattr(said, slot.value)
        if settings is not None and settings.get("kind") != "none":
            parts[slot] = _part(slot, settings, lines, path)
    return Plan(parts, path.parent, said.slo, said.resilience, said.timeout)


def _part(slot: Slot, settings: dict[str, Any], lines: Lines, path: Path) -> tuple[AnyPart, Any]:
    kind = settings.get("kind")
    found = all_parts().get((slot, str(kind)))
    if found is None:
        line = lines.get((slot.value, "kind"), lines.get((slot.value,)))
        known = [*kinds(slot), *(["none"] if slot is Slot.RERANK else [])]
        hint = did_you_mean(str(kind), known, otherwise=f"one of: {', '.join(known)}")
        wrong = "a part needs a kind" if kind is None else f"there is no such kind: {kind}"
        raise ConfigError(f"{slot}.kind: {wrong}", at=Location(str(path), line), hint=hint)
    own = {name: value for name, value in settings.items() if name != "kind"}
    return found, config.check(found.settings, own, lines, path, (slot.value,))
