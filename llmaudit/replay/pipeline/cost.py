"""What a measurement will cost, before anything is asked: requests, tokens and the price book's rates of today.

An estimate: texts are measured in bytes and turned into tokens by the usual ratio, an answer is taken to be as long as
it may be, a document of a database is taken to be 2,000 bytes, and tries after a refusal are not foreseen.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from llmaudit.prices import PriceOverrides, describe
from llmaudit.replay.drive import Load
from llmaudit.replay.pipeline import corpus
from llmaudit.replay.pipeline.endpoint import EndpointSettings
from llmaudit.replay.pipeline.file import Plan
from llmaudit.replay.pipeline.part import Slot
from llmaudit.replay.queries import Query
from llmaudit.tokens import default_ratio

_DOCUMENT_BYTES = 2_000
_SELLERS = {"api.openai.com": "openai", "api.cohere.com": "cohere", "api.mistral.ai": "mistral"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What one part asks of one provider. `cost` is None where the price book has no price for that."""

    slot: Slot
    host: str
    model: str
    requests: int
    input_tokens: int
    output_tokens: int
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """Everything that will be asked of others; what runs on this machine costs nothing here."""

    asked: tuple[Asked, ...]

    @property
    def requests(self) -> int:
        return sum(each.requests for each in self.asked)

    @property
    def cost(self) -> Decimal | None:
        """USD; None where a part of it has no known price."""
        costs = [each.cost for each in self.asked]
        return None if None in costs else sum((cost for cost in costs if cost is not None), start=Decimal(0))

    @property
    def unpriced(self) -> tuple[str, ...]:
        """The models without a known price."""
        return tuple(each.model for each in self.asked if each.cost is None)


def estimate(
    plan: Plan, queries: Sequence[Query], load: Load, now: datetime, overrides: PriceOverrides | None
) -> Estimate:
    """What measuring this pipeline with these queries costs."""
    runs = load.size(len(queries))
    question = sum(len(query.text.encode()) for query in queries) / len(queries)
    documents = _documents(plan)
    asked = []
    for slot, (_, settings) in plan.parts.items():
        if isinstance(settings, EndpointSettings) and not _own_machine(settings.base_url):
            requests, input_bytes, output_tokens = _work(slot, settings, plan, question, documents)
            asked.append(_asked(slot, settings, runs + requests, input_bytes * runs + documents.embedded(slot),
                                output_tokens * runs, now, overrides))  # fmt: skip
    return Estimate(tuple(asked))


@dataclass(frozen=True, slots=True)
class _Documents:
    """What is searched: `count` and `total_bytes` where the pipeline embeds it itself, else 0 and a guess."""

    count: int
    total_bytes: int

    @property
    def usual_bytes(self) -> float:
        return self.total_bytes / self.count if self.count else _DOCUMENT_BYTES

    def embedded(self, slot: Slot) -> int:
        """The bytes that are embedded before the first query."""
        return self.total_bytes if slot is Slot.EMBED else 0


def _documents(plan: Plan) -> _Documents:
    part, settings = plan.parts[Slot.RETRIEVE]
    if part.kind != "duckdb":
        return _Documents(0, 0)
    found = corpus.read(corpus.path_of(settings.corpus, plan.folder))
    return _Documents(len(found), sum(len(document.text.encode()) for document in found))


def _work(slot: Slot, settings: Any, plan: Plan, question: float, documents: _Documents) -> tuple[int, float, int]:
    """Requests before the first query, bytes of input for each query, and the most tokens of its answer."""
    retrieved = int(getattr(plan.parts[Slot.RETRIEVE][1], "top_k", 10))
    kept = int(getattr(plan.parts[Slot.RERANK][1], "top_n", retrieved)) if Slot.RERANK in plan.parts else retrieved
    match slot:
        case Slot.EMBED:
            return documents.count, question, 0
        case Slot.RERANK:
            return 0, question + retrieved * documents.usual_bytes, 0
        case _:
            prompt = len(settings.system.encode()) + question + kept * documents.usual_bytes
            return 0, prompt, settings.max_output_tokens


def _asked(
    slot: Slot, settings: EndpointSettings, requests: int, input_bytes: float, output_tokens: int,
    now: datetime, overrides: PriceOverrides | None,
) -> Asked:  # fmt: skip
    host = urlsplit(settings.base_url).hostname or settings.base_url
    seller = _SELLERS.get(host)
    input_tokens = default_ratio(seller or "", settings.model).estimate(round(input_bytes))
    cost = _cost(settings.model, seller, requests, input_tokens, output_tokens, now, overrides)
    return Asked(slot, host, settings.model, requests, input_tokens, output_tokens, cost)


def _cost(
    model: str, seller: str | None, requests: int, input_tokens: int, output_tokens: int,
    now: datetime, overrides: PriceOverrides | None,
) -> Decimal | None:  # fmt: skip
    """The dearest of the rates that a request of this size could be charged at today."""
    each = input_tokens // requests
    rates = [
        rate
        for rate in describe(model, now, overrides, seller)
        if rate.service_tier == "standard" and rate.over_input_tokens < each <= rate.up_to_input_tokens
    ]
    costs = [
        input_tokens * rate.effective_input
        + output_tokens * (rate.effective_output or Decimal(0))
        + requests * (rate.effective_call or Decimal(0))
        for rate in rates
        if rate.effective_input is not None and (rate.effective_output is not None or not output_tokens)
    ]
    return max(costs, default=None)


def _own_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
