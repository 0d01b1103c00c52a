"""The sections of a report, in the order they are read. One that has nothing to say is left out."""

from collections.abc import Callable

from llmaudit.render.report.parts import Section
from llmaudit.render.report.sections.bottleneck import bottleneck
from llmaudit.render.report.sections.levers import levers
from llmaudit.render.report.sections.quality import method, quality
from llmaudit.render.report.sections.spend import over_time, where
from llmaudit.render.report.sections.time import incidents, latency
from llmaudit.render.report.sections.waste import waste
from llmaudit.render.report.sentences import Document

_ALL: tuple[Callable[[Document], Section | None], ...] = (
    over_time,
    where,
    levers,
    latency,
    bottleneck,
    incidents,
    waste,
    quality,
    method,
)


def sections(said: Document) -> list[Section]:
    """The sections of a document."""
    return [section for make in _ALL if (section := make(said)) is not None]
