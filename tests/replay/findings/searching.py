"""A pipeline that searches a table of PostgreSQL, asked some questions, and what the probes find in that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmaudit.replay.bottleneck import Bottleneck, diagnose
from llmaudit.replay.clock import MonotonicClock
from llmaudit.replay.drive import Load, drive
from llmaudit.replay.findings import Finding, ProbeInput, find
from llmaudit.replay.measure import seen
from llmaudit.replay.pipeline.budget import Budget
from llmaudit.replay.pipeline.file import Plan
from llmaudit.replay.pipeline.part import Slot
from llmaudit.replay.pipeline.pipeline import opened
from llmaudit.replay.pipeline.registry import all_parts
from llmaudit.replay.queries import Query
from llmaudit.replay.run import Run
from llmaudit.replay.slo import Slo
from llmaudit.resilience import ResiliencePolicy


@dataclass(frozen=True)
class Measured:
    """A run, what it says, and what was found."""

    run: Run
    answer: Bottleneck
    findings: tuple[Finding, ...]

    def one(self, id: str) -> Finding:
        (found,) = [finding for finding in self.findings if finding.id == id]
        return found

    @property
    def ids(self) -> set[str]:
        """Everything found, but what the machine that runs the tests may give cause for."""
        return {finding.id for finding in self.findings} - {"contended_host", "cold_start", "slow_tail", "far_away"}

    @property
    def p95(self) -> float:
        assert self.answer.wall.p95 is not None
        return self.answer.wall.p95.value


def plan(dimensions: int, **retrieve: Any) -> Plan:
    """Questions hashed into so many dimensions, searched in PostgreSQL, answered from what is found."""
    settings = {
        Slot.EMBED: ("hashing", {"dimensions": dimensions}),
        Slot.RETRIEVE: ("pgvector", retrieve),
        Slot.GENERATE: ("extractive", {}),
    }
    parts = {
        slot: (all_parts()[slot, kind], all_parts()[slot, kind].settings.model_validate(said))
        for slot, (kind, said) in settings.items()
    }
    return Plan(parts, Path(), Slo(), ResiliencePolicy())


def measure(planned: Plan, progress: Callable[[int, int], None] = lambda _done, _of: None) -> Measured:
    """The plan asked forty different questions."""
    queries = [Query(f"q{number}", f"what about subject {number} and {number * 7}?") for number in range(40)]

    async def run() -> ProbeInput:
        async with opened(planned, MonotonicClock(), Budget()) as pipeline:
            found = await drive(queries, pipeline.answer, Load(rounds=1, warmup=5), MonotonicClock(), progress)
            return await seen(found, pipeline)

    found = asyncio.run(run())
    return Measured(found.run, diagnose(found.run), find(found))
