"""Runs made by hand: queries of stages one after the other, each so many milliseconds long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from llmaudit.replay.findings import Finding, ProbeInput, all_probes
from llmaudit.replay.run import Outcome, QueryRun, Run
from llmaudit.replay.span import Span, Status, Value

MS = 1_000_000


@dataclass
class Part:
    """A stage of a query; `inside` are parts of it, one after the other from its start."""

    stage: str
    milliseconds: float
    attributes: Mapping[str, Value] = field(default_factory=dict)
    status: Status = Status.OK
    error_type: str | None = None
    inside: Sequence[Part] = ()


def query(
    *parts: Part, id: str = "q", round: int = 1, start: float = 0, outcome: Outcome = Outcome.OK, warmup: bool = False
) -> QueryRun:
    """One query whose parts follow each other; it ends with the last."""
    spans: list[Span] = []

    def add(parts: Sequence[Part], at: float, parent: int | None) -> float:
        for part in parts:
            number = len(spans) + 1
            ends = at + part.milliseconds
            begins_ns, ends_ns = round_ns(at), round_ns(ends)
            spans.append(
                Span(number, parent, part.stage, part.stage, begins_ns, ends_ns, part.status, part.error_type,
                     part.attributes)
            )  # fmt: skip
            add(part.inside, at, number)
            at = ends
        return at

    end = add(parts, start, None)
    began = round_ns(start)
    return QueryRun(id, 0 if warmup else round, warmup, began, began, round_ns(end), outcome, None, tuple(spans))


def round_ns(milliseconds: float) -> int:
    return int(milliseconds * MS)


def run(*queries: QueryRun, facts: Mapping[str, Value] | None = None) -> Run:
    return Run(queries, facts or {})


def seen(probe: str, run: Run, **beside: object) -> list[Finding]:
    """What one probe finds."""
    (found,) = [each for each in all_probes() if each.id == probe]
    return list(found.look(ProbeInput(run, **beside)))  # type: ignore[arg-type]
