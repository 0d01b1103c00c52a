"""An open pipeline: a query in, an answer out, and a stage for every part."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from llmaudit.errors import ReplayError
from llmaudit.replay.clock import Clock
from llmaudit.replay.pipeline.budget import Budget
from llmaudit.replay.pipeline.file import Plan
from llmaudit.replay.pipeline.part import Embedder, Generator, Reranker, Retriever, Site, Slot
from llmaudit.replay.queries import Query
from llmaudit.replay.stage import recorder, stage
from llmaudit.resilience import Refused, Service


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The parts at work. `service` holds a breaker for each part that asks somebody else, and every change of one."""

    plan: Plan
    embedder: Embedder
    retriever: Retriever
    reranker: Reranker | None
    generator: Generator
    service: Service
    budget: Budget

    @property
    def remote(self) -> bool:
        """Whether any part asks somebody else."""
        return bool(self.service.guards)

    async def answer(self, query: Query) -> str:
        """The answer; what stands in for it while a breaker is open or the operator has turned the model off.

        Raises ReplayError when parts do not fit together, which no other query would change.
        """
        if self.service.policy.maintenance:
            return self._instead(query, "maintenance, by the operator")
        try:
            return await self._answer(query)
        except Refused as refused:
            return self._instead(query, f"breaker of {refused.name} is open")

    def _instead(self, query: Query, why: str) -> str:
        taking = recorder()
        if taking is not None:
            taking.fell_back(why)
        return self.service.fallback(query.text).text

    async def _answer(self, query: Query) -> str:
        with self._asking(Slot.EMBED), stage(Slot.EMBED.stage):
            vector = await self.embedder.embed(query.text)
        wanted = self.retriever.dimensions
        if wanted is not None and len(vector) != wanted:
            raise ReplayError(
                f"the embedder gives {len(vector)} dimensions, and what is searched has {wanted}",
                hint="embed with the model that the documents were embedded with",
            )
        with self._asking(Slot.RETRIEVE), stage(Slot.RETRIEVE.stage):
            documents = await self.retriever.retrieve(query, vector)
        if self.reranker is not None:
            with self._asking(Slot.RERANK), stage(Slot.RERANK.stage):
                documents = await self.reranker.rerank(query.text, documents)
        with self._asking(Slot.GENERATE), stage(Slot.GENERATE.stage):
            return await self.generator.generate(query.text, documents)

    def _asking(self, slot: Slot) -> Any:
        """Outside the stage: a call that was refused took no time."""
        guard = self.service.guards.get(slot.stage)
        return nullcontext() if guard is None else guard.asking()


@asynccontextmanager
async def opened(plan: Plan, clock: Clock, budget: Budget) -> AsyncIterator[Pipeline]:
    """The pipeline with every part opened, and closed afterwards."""
    site = Site(plan.folder, clock, budget)
    workers: dict[Slot, Any] = {}
    async with AsyncExitStack() as stack:
        for slot, (part, settings) in plan.parts.items():
            at = replace(site, embedder=workers.get(Slot.EMBED))
            workers[slot] = await stack.enter_async_context(part.open(settings, at))
        remote = [slot.stage for slot, (part, _) in plan.parts.items() if part.remote]
        yield Pipeline(
            plan=plan,
            embedder=workers[Slot.EMBED],
            retriever=workers[Slot.RETRIEVE],
            reranker=workers.get(Slot.RERANK),
            generator=workers[Slot.GENERATE],
            service=Service(plan.resilience, {name: [name] for name in remote}, clock.now_ns),
            budget=budget,
        )
