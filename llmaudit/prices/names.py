"""Model names as logs write them → the provider and the name its price list uses.

    gpt-4o                                      openai   (no provider given: the only first party that knows it)
    azure/gpt-4o                                azure    (a router's prefix names the provider)
    bedrock/converse/us.anthropic.claude-…      aws
    arn:aws:bedrock:…:inference-profile/us.…    aws      (an application profile's ARN is opaque: it needs an alias)
    models/gemini-2.5-flash                     google
    claude-sonnet-4-5@20250929                  google, the way Vertex AI writes it

Sources, read 2026-11-23: open-telemetry/semantic-conventions `docs/registry/attributes/gen-ai.md` (provider names);
litellm 1.109.1 (prefixes); the ids in genai-prices 0.2.3 and in recorded Bedrock invocation logs (ids, ARNs).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from llmaudit.prices import book, overlay

# Our provider_name → the book's provider. Any other name counts only if it is a provider of the book itself.
_BOOKS = {
    "openai": "openai",
    "anthropic": "anthropic",
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "aws.bedrock": "aws",
    "gcp.gemini": "google",
    "gcp.vertex_ai": "google",
    "gcp.gen_ai": "google",
    "mistral_ai": "mistral",
    "x_ai": "x-ai",
    "moonshot_ai": "moonshotai",
    "together_ai": "together",
    "fireworks_ai": "fireworks",
    "voyage": "voyageai",
}

# Other spellings, and the prefixes of routers → our provider_name.
_ALSO = {
    "azure": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "az.ai.openai": "azure.ai.openai",
    "az.ai.inference": "azure.ai.inference",
    "bedrock": "aws.bedrock",
    "bedrock_converse": "aws.bedrock",
    "aws_bedrock": "aws.bedrock",
    "aws": "aws.bedrock",
    "gemini": "gcp.gemini",
    "google": "gcp.gemini",
    "vertex_ai": "gcp.vertex_ai",
    "vertex_ai_beta": "gcp.vertex_ai",
    "vertexai": "gcp.vertex_ai",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "xai": "x_ai",
    "x-ai": "x_ai",
    "moonshot": "moonshot_ai",
    "moonshotai": "moonshot_ai",
    "together": "together_ai",
    "fireworks": "fireworks_ai",
    "cohere_chat": "cohere",
    "text-completion-openai": "openai",
}
_GATEWAYS = {"litellm", "litellm_proxy"}
_SELL_OTHERS = {
    "azure.ai.openai",
    "azure.ai.inference",
    "aws.bedrock",
    "gcp.vertex_ai",
    "together_ai",
    "fireworks_ai",
    "groq",
}
FIRST_PARTIES = (
    *("openai", "anthropic", "gcp.gemini", "mistral_ai", "deepseek", "x_ai", "cohere", "perplexity"),
    *("moonshot_ai", "meta", "minimax", "voyage", "zai", "zhipuai"),
)

_BEDROCK_ID = re.compile(
    r"((us|us-gov|eu|apac|jp|au|in|ca|sa|global)\.)?"
    r"(ai21|amazon|anthropic|cohere|deepseek|google|meta|mistral|moonshotai|nvidia|openai|qwen|writer|zai)\.[a-z]"
)
_BEDROCK_ARN = re.compile(r"arn:aws[\w-]*:bedrock:[\w-]*:\d*:(?P<kind>[\w-]+)/(?P<id>.+)")
_READABLE_ARNS = {"foundation-model", "inference-profile"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reading of a name. `fallback`: the log and the name say different providers, and the name was believed."""

    provider_name: str
    book_id: str
    name: str
    basis: Literal["exact", "fallback"] = "exact"


def canonical(provider_name: str) -> str:
    """The name we use for a provider: OTel's, where it has one."""
    lowered = provider_name.strip().lower()
    return _ALSO.get(lowered, lowered)


def book_id(provider_name: str) -> str | None:
    """The book's provider for one of ours; None where the book does not know it (ollama, vllm, a company's own)."""
    known = _BOOKS.get(provider_name)
    return known or (provider_name if provider_name in book.provider_ids() else None)


def candidates(provider_name: str | None, model: str) -> Iterator[Candidate]:
    """The readings of a model name, the likeliest first. An empty result is an unknown provider."""
    name = model.strip().lower().removesuffix("[1m]")  # Claude Code's mark for the long window
    provider = canonical(provider_name) if provider_name else None
    if provider is None or provider in _GATEWAYS:
        yield from _without_provider(name)
    else:
        yield from _with_provider(provider, name)


def _with_provider(provider: str, name: str) -> Iterator[Candidate]:
    own = book_id(provider)
    if own:
        for spelling in _plain(provider, name):
            yield Candidate(provider, own, spelling)
    head, slash, rest = name.partition("/")
    named = canonical(head)
    named_book = book_id(named) if slash else None
    if named_book is None:
        return
    if own and (named_book == own or provider in _SELL_OTHERS):
        for spelling in _plain(provider, rest):
            yield Candidate(provider, own, spelling)
    if own and named_book != own:
        for spelling in _plain(named, rest):
            yield Candidate(named, named_book, spelling, "fallback")


def _without_provider(name: str) -> Iterator[Candidate]:
    head, slash, rest = name.partition("/")
    if slash and book_id(canonical(head)):
        yield from _with_provider(canonical(head), rest)
    elif _BEDROCK_ARN.fullmatch(name) or _BEDROCK_ID.match(name):
        yield from _with_provider("aws.bedrock", name)
    elif name.startswith(("projects/", "publishers/")) or re.search(r"^claude.*@(\d{8}|default|latest)$", name):
        yield from _with_provider("gcp.vertex_ai", name)
    elif name.startswith("models/"):
        yield from _with_provider("gcp.gemini", name)
    else:
        yield from _only_first_party(name)


def _only_first_party(name: str) -> Iterator[Candidate]:
    """The one first party whose price list has this name; nothing where two have it."""
    known: list[Candidate] = []
    rows = overlay.load()
    for provider in FIRST_PARTIES:
        own = book_id(provider)
        foreign = provider == "gcp.gemini" and name.startswith("claude")
        if own and not foreign and (book.find(own, name) or rows.alias(own, name) or rows.defined(own, name)):
            known.append(Candidate(provider, own, name))
    if len({candidate.book_id for candidate in known}) == 1:
        yield known[0]


def _plain(provider: str, name: str) -> Iterator[str]:
    """The name as it stands, then without what the provider's own addresses wrap around it."""
    if provider == "aws.bedrock":
        arn = _BEDROCK_ARN.search(name)
        if arn is not None:
            if arn["kind"] in _READABLE_ARNS:
                yield arn["id"]
            return
        yield name
        yield name.rpartition("/")[2]  # converse/…, us-east-1/…
    elif "/models/" in name or name.startswith("models/"):
        yield name.rpartition("models/")[2]
    else:
        yield name
