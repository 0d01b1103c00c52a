"""Trim: shorter prompts, from fewer retrieved documents and a summary in place of old turns.

    context_tokens := context_tokens - those of the other documents       beyond `top_k` documents
    history_tokens := the turns after the summary + summary_tokens        beyond `keep_turns` turns

- Documents. Where the log counts them one by one (`context_document_tokens`), the first `top_k` stay and exactly the
  tokens of the others leave: `measured`. Else what they have together is shared out evenly, and `context_tokens * top_k
  / context_documents` stays: `estimated`. So is a prompt of which old turns or cached tokens go too, and one whose
  context an earlier step has changed.
- Turns. How long each is no log says, so the history is shared out evenly: `estimated`. That of a call in a
  conversation holds the answered calls before it. When more than `keep_turns` stand there, a summary takes the place of
  those beyond; it is made anew whenever `summarize_every` more have gathered (default: `keep_turns`; 1 is after every
  turn), and until then the turns since the last one stay. A call without a conversation has a history of unknown turns:
  each is taken to be as long as this one, `user_tokens + output_tokens`.
- Summaries are charged: one call of `summarizer` (default: the call's own model) per summary, which reads what it sums
  up and writes `summary_tokens`. In a conversation a summary serves until the next; without one every call pays for its
  own. A summary that would be no shorter than what it replaces is not made.
- Prompt caches. What trimming touches is another text from there on, so of the blocks of a prompt only those remain
  that lie wholly in its tools and system prompt, and of its cached tokens only as many. Trimming can so cost more than
  it saves. The trimmed prompts of a conversation share more than that; how much, a log of the untrimmed cannot say.
"""

from typing import Any, Self

from pydantic import Field, model_validator

from llmaudit.config import Section
from llmaudit.levers import targets
from llmaudit.levers.lever import Basis, Lever, Outcome, StepSettings
from llmaudit.store import Store, load_sql
from llmaudit.words import count, counted

CHANGES = load_sql(__package__, "trim")
UNKNOWN = load_sql(__package__, "trim_unknown")

_COLUMNS = (
    "input_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation_1h_input_tokens",
    "history_tokens",
    "context_tokens",
    "context_documents",
)


class History(Section):
    """How much of a conversation is sent word for word, and what stands for the rest."""

    keep_turns: int = Field(ge=0)
    summary_tokens: int = Field(ge=1)
    summarizer: str | None = None
    provider: str | None = None
    summarize_every: int | None = Field(default=None, ge=1)

    @property
    def every(self) -> int:
        """Turns that gather before the summary is made anew."""
        return self.summarize_every or max(self.keep_turns, 1)


class Settings(StepSettings):
    """What leaves the prompts: retrieved documents, earlier messages, or both."""

    top_k: int | None = Field(default=None, ge=0)
    history: History | None = None

    @model_validator(mode="after")
    def _takes_something(self) -> Self:
        if self.top_k is None and self.history is None:
            raise ValueError("takes nothing out of a prompt; say `top_k`, `history` or both")
        return self


def apply(store: Store, settings: Settings) -> Outcome:
    """Shorten the prompts; facts: documents_dropped, tokens_dropped, summaries, summary_tokens, lost_cached_tokens.

    `tokens_dropped` is what the prompts get shorter by, summaries already put in; the engine adds `summary_cost`
    and `summary_unpriced_calls`.
    Raises ConfigError for a summarizer that has no known price.
    """
    history = settings.history
    summarizer = None
    if history is not None and history.summarizer is not None:
        summarizer = _summarizer(store, history, history.summarizer)
    # Arrays are the engine's own business: the query reads one row per document.
    store.bind(
        "trim_documents",
        """select call_id, generate_subscripts(context_document_tokens, 1) as place,
                  unnest(context_document_tokens) as tokens
           from lever_input where context_document_tokens is not null""",
    )
    store.run(
        f"create or replace temp table trim_plan as {CHANGES}",
        {
            "top_k": settings.top_k,
            "keep_turns": history.keep_turns if history else None,
            "summary_tokens": history.summary_tokens if history else 0,
            "summarize_every": history.every if history else 1,
        },
    )
    # The one thing the engines' common words cannot say is a part of a list.
    store.run(f"""
        create or replace temp table lever_changes as
        select trim_plan.call_id, basis, {", ".join(f"trim_plan.{name}" for name in _COLUMNS)},
               lever_input.prefix_hashes[1:kept_blocks] as prefix_hashes
        from trim_plan join lever_input on lever_input.call_id = trim_plan.call_id""")
    if history is not None:
        _add_summaries(store, history, summarizer)
    outcome = _outcome(store, settings)
    store.run("drop table temp.trim_plan")
    return outcome


def _summarizer(store: Store, history: History, model: str) -> tuple[str, str]:
    """The provider and model of the summaries: through the provider of the calls, if they have one and it sells it."""
    providers = store.rows("""
        select distinct provider_name from lever_input where fits and provider_name is not null""")
    usual = providers[0][0] if len(providers) == 1 else None
    at = targets.seller(
        store,
        model,
        history.provider or usual,
        setting="trim.history.summarizer",
        required=history.provider is not None,
    )
    return at, model


def _add_summaries(store: Store, history: History, summarizer: tuple[str, str] | None) -> None:
    provider, model = summarizer or (None, None)
    store.run(
        """
        create or replace temp table lever_extras as
        select trim_plan.call_id, cast($basis as varchar) as basis,
               cast(coalesce($provider, provider_name) as varchar) as provider_name,
               cast(coalesce($model, response_model, request_model) as varchar) as response_model,
               'standard' as service_tier, summary_of as input_tokens, cast($tokens as bigint) as output_tokens
        from trim_plan join lever_input on lever_input.call_id = trim_plan.call_id
        where summary_of is not null""",
        {"basis": Basis.ESTIMATED, "provider": provider, "model": model, "tokens": history.summary_tokens},
    )


def _outcome(store: Store, settings: Settings) -> Outcome:
    plan = store.records("""
        select count(*) as changed, cast(coalesce(sum(dropped_documents), 0) as bigint) as documents,
               cast(coalesce(sum(dropped), 0) as bigint) as tokens, cast(coalesce(sum(lost_read), 0) as bigint) as lost,
               count(summary_of) as summaries, cast(coalesce(sum(summary_of), 0) as bigint) as summed_up
        from trim_plan""")[0]
    made = settings.history.summary_tokens if settings.history else 0
    facts: dict[str, Any] = {
        "documents_dropped": plan["documents"],
        "tokens_dropped": plan["tokens"],
        "summaries": plan["summaries"],
        "summary_tokens": {"input": plan["summed_up"], "output": plan["summaries"] * made},
        "lost_cached_tokens": plan["lost"],
    }
    warnings = _unknown(store, settings)
    if plan["lost"]:
        lie = counted(plan["lost"], "token read from the prompt cache lies", "tokens read from the prompt cache lie")
        warnings.append(f"{lie} behind what is trimmed: to be paid in full")
    return Outcome(facts, tuple(warnings))


def _unknown(store: Store, settings: Settings) -> list[str]:
    calls, context, history = store.rows(UNKNOWN)[0]
    said = []
    if settings.top_k is not None and context:
        stay = "it had, so it stays" if context == 1 else "they had, so they stay"
        said.append(f"{context:,} of {count(calls, 'call')}: the log does not say which documents {stay}")
    if settings.history is not None and history:
        stay = "its history was, so it stays" if history == 1 else "their history was, so they stay"
        said.append(f"{history:,} of {count(calls, 'call')}: the log does not say how long {stay}")
    return said


LEVER = Lever(
    name="trim",
    settings=Settings,
    changes=(*_COLUMNS, "prefix_hashes"),
    apply=apply,
    assumes=(
        "documents that were not counted one by one are about as long as each other, and so are the turns of a "
        "conversation",
    ),
    extras="summary",
)
