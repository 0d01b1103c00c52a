"""Which public tokenizer a model speaks.

tiktoken's own table (tiktoken/model.py) answers for OpenAI's models; this module cleans the name before it is looked
up, and adds the few names the table lacks. A name nobody vouches for has no encoding: a wrong tokenizer is worse than
an estimate that says it is one.
"""

from __future__ import annotations

from llmaudit.tokens.vocabulary import ENCODINGS

ROUTES = frozenset(
    {
        *("openai", "azure", "azure_ai", "openrouter", "litellm_proxy", "github", "github_copilot"),
        *("text-completion-openai", "responses", "eu", "us", "global", "global-standard", "regional"),
    }
)
"""Path elements that gateways put before an OpenAI model's name.

Source: LiteLLM's model_prices_and_context_window.json (keys such as `azure/eu/gpt-4o-2024-08-06`), 1.109.1, and
OpenRouter's ids (`openai/gpt-4o`), read 2026-11-23.
"""

OPEN_WEIGHT_HOSTS = frozenset(
    {
        *("ollama", "ollama_chat", "vllm", "hosted_vllm", "llamafile", "lm_studio", "huggingface"),
        *("groq", "cerebras", "together_ai", "fireworks_ai", "deepinfra"),
    }
)
"""Providers that serve open weights only: of OpenAI's models they can have gpt-oss, whatever a model is called."""

ADDED_PREFIXES = {
    # "chatgpt-4o-latest" and its kin; the table has only "chatgpt-4o-".
    "chatgpt-": "o200k_base",
    # The table has "text-embedding-3-small" and "-large", not a dated or deployed variant of them.
    "text-embedding-3-": "cl100k_base",
}


def encoding_name(provider_name: str | None, model: str) -> str | None:
    """The encoding in ENCODINGS that counts `model`, or None where no public tokenizer is known or packed.

    Understands routes (`openai/…`, `azure/eu/…`), fine-tunes (`ft:gpt-4.1-mini:…`) and variants (`…:free`). None for
    Claude, Gemini, Mistral, Llama, for a deployment called after something else, and for GPT-3 (not packed).
    """
    *route, name = model.strip().lower().split("/")
    name = _base_name(name)
    if name == "gpt-oss" or name.startswith("gpt-oss-"):  # open weights: the tokenizer is the same on every host
        return "o200k_harmony"
    if (provider_name or "").lower() in OPEN_WEIGHT_HOSTS or not ROUTES.issuperset(route):
        return None
    found = _in_tiktokens_table(name)
    return found if found in ENCODINGS else None


def _base_name(name: str) -> str:
    """`gpt-4.1-mini` of `ft:gpt-4.1-mini:acme::id`, `gpt-oss-20b` of `openai.gpt-oss-20b`, `gpt-4o` of `gpt-4o:free`.

    A fine-tune is looked up by its base, since tiktoken's prefix `ft:gpt-4` would give gpt-4.1 the older vocabulary.
    """
    return name.removeprefix("ft:").removeprefix("openai.").partition(":")[0]


def _in_tiktokens_table(name: str) -> str | None:
    from tiktoken.model import encoding_name_for_model

    try:
        return encoding_name_for_model(name)
    except KeyError:
        return next((encoding for prefix, encoding in ADDED_PREFIXES.items() if name.startswith(prefix)), None)
