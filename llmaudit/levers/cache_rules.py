"""What providers say about their prompt caches, as data: one row per family of models, the first that fits counts.

Prices are not here: what a write and a read cost stands in the rates. All pages were read 2026-11-23, in the version
of the date given with each.

    OPENAI     developers.openai.com/api/docs/guides/prompt-caching: prompts of 1,024 tokens or longer; in-memory
               prefixes stay "5 to 10 minutes of inactivity, up to a maximum of one hour"; the models that keep them
               up to 24 hours are listed (gpt-5.5 keeps none shorter); no fee for writes before the GPT-5.6 family,
               1.25 x from there on. github.com/openai/openai-cookbook Prompt_Caching_201: hits in increments of 128
               tokens.
    OPENAI_56  docs.rs/async-openai 0.42 PromptCacheOptionsParam (OpenAI's API description): four breakpoints a request,
               ttl 30m, "currently the only supported value".
    AZURE      learn.microsoft.com/azure/foundry/openai/how-to/prompt-caching: as OpenAI, but cleared after 5 to 10
               minutes unless a request asks for 24h.
    CLAUDE     platform.claude.com/docs/en/build-with-claude/prompt-caching: "shorter prompts cannot be cached"; 5m or
               1h, refreshed by use; up to four breakpoints, of which one at the end of the prompt is enough; an entry
               "only becomes available after the first response begins". Minimums as tabled at
               docs.litellm.ai/docs/completion/prompt_caching (of 2026-10-07), which for Bedrock differ.
    CLAUDE_47  dev.to/creeta/claudes-prompt-cache-fails-silently-below-1024-tokens-1ch1 (2026): 2,048 for Opus 4.7;
               older copies of the provider's page say 4,096.
    GEMINI     ai.google.dev/gemini-api/docs/caching (of 2026-10-13): implicit caching for Gemini 2.5 and newer, with
               its minimums. No lifetime is promised. Explicit caches are billed by the hour and are not replayed here.
    DEEPSEEK   api-docs.deepseek.com/guides/kv_cache: on by default, best effort, kept for hours to days; 64 tokens was
               the unit of the first version.
"""

import re
from dataclasses import dataclass

MINUTE, HOUR = 60, 3_600
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class CacheRule:
    """How one family of models caches prompts.

    `min_tokens`: the shortest prompt that is cached. `step_tokens`: hits are whole multiples of it.
    `first_read_tokens`: the shortest prefix that can be read. `short_seconds` and `long_seconds`: the two lifetimes one
    can choose from, equal where there is no choice. `charges_writes`: writes have a meter of their own, so a policy
    that does not pay can be turned off. `long_meter`: the long lifetime is written at the one-hour price. `promised`:
    whether the lifetime is the provider's word; otherwise it is our careful guess, and what follows is `estimated`.
    """

    source: str
    providers: tuple[str, ...]
    models: str
    min_tokens: int
    step_tokens: int = 1
    first_read_tokens: int = 0
    short_seconds: int = 5 * MINUTE
    long_seconds: int = 5 * MINUTE
    charges_writes: bool = False
    long_meter: bool = False
    promised: bool = True


_CLAUDE = ("anthropic", "gcp.vertex_ai", "azure.ai.inference")
_GOOGLE = ("gcp.gemini", "gcp.vertex_ai", "gcp.gen_ai")


def _claude(source: str, providers: tuple[str, ...], models: str, min_tokens: int) -> CacheRule:
    return CacheRule(source, providers, models, min_tokens, long_seconds=HOUR, charges_writes=True, long_meter=True)


def _openai(source: str, provider: str, models: str, short: int, long: int, charges: bool = False) -> CacheRule:
    return CacheRule(source, (provider,), models, 1_024, 128, 1_024, short, long, charges_writes=charges)


RULES: tuple[CacheRule, ...] = (
    _claude("CLAUDE", (*_CLAUDE, "aws.bedrock"), r"(opus|fable|mythos)-[5-9]", 512),
    _claude("CLAUDE_47", _CLAUDE, r"opus-4-7", 2_048),
    _claude("CLAUDE", (*_CLAUDE, "aws.bedrock"), r"opus-4-[567]|haiku-4-5", 4_096),
    _claude("CLAUDE", (*_CLAUDE, "aws.bedrock"), r"claude.*haiku-3|3-5-haiku|claude-3-haiku", 2_048),
    _claude("CLAUDE", (*_CLAUDE, "aws.bedrock"), r"claude", 1_024),
    _openai("OPENAI_56", "openai", r"gpt-(5-([6-9]|\d\d)|[6-9])", 30 * MINUTE, 30 * MINUTE, charges=True),
    _openai("OPENAI", "openai", r"gpt-5-5", DAY, DAY),
    _openai("OPENAI", "openai", r"gpt-5(?!.*(mini|nano))|gpt-5-1-codex-mini|gpt-4-1(?!.*(mini|nano))", 5 * MINUTE, DAY),
    _openai("OPENAI", "openai", r"gpt-[5-9]|gpt-4-1|gpt-4o|chatgpt-4o|\bo[1345]\b", 5 * MINUTE, 5 * MINUTE),
    _openai("AZURE", "azure.ai.openai", r"gpt-(5-([6-9]|\d\d)|[6-9])", 30 * MINUTE, 30 * MINUTE, charges=True),
    _openai("AZURE", "azure.ai.openai", r"gpt-5-5", DAY, DAY),
    _openai(
        "AZURE",
        "azure.ai.openai",
        r"gpt-5(?!.*(mini|nano))|gpt-5-1-codex-mini|gpt-4-1(?!.*(mini|nano))",
        5 * MINUTE,
        DAY,
    ),
    _openai("AZURE", "azure.ai.openai", r"gpt-[5-9]|gpt-4-1|gpt-4o|\bo[1345]\b", 5 * MINUTE, 5 * MINUTE),
    CacheRule("GEMINI", _GOOGLE, r"gemini-2-5", 2_048, promised=False),
    CacheRule("GEMINI", _GOOGLE, r"gemini-[3-9]", 4_096, promised=False),
    CacheRule("DEEPSEEK", ("deepseek",), r"deepseek", 64, 64, short_seconds=HOUR, long_seconds=HOUR, promised=False),
)


def rule_of(provider_name: str, model: str) -> CacheRule | None:
    """The provider's rule for a model as a log names it, or None: it caches no prompts, or is not known to."""
    name = re.sub(r"[._@:/ ]", "-", model.lower())
    found = (rule for rule in RULES if provider_name in rule.providers and re.search(rule.models, name))
    return next(found, None)
