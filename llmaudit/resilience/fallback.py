"""What to answer without a model: the answer of a known question, an apology, or the message of maintenance."""

from dataclasses import dataclass
from typing import Literal

from llmaudit.resilience.mode import Mode
from llmaudit.resilience.policy import ResiliencePolicy


@dataclass(frozen=True, slots=True)
class Answer:
    """A text, and where it comes from."""

    text: str
    source: Literal["faq", "apology", "maintenance"]


def fallback(policy: ResiliencePolicy, question: str, mode: Mode) -> Answer:
    """The best answer without a model. A question is known whatever its case, spaces and final punctuation."""
    if policy.maintenance:
        return Answer(policy.maintenance_message, "maintenance")
    asked = _normal(question)
    known = next((answer for text, answer in policy.faq.items() if _normal(text) == asked), None)
    if known is not None:
        return Answer(known, "faq")
    return (
        Answer(policy.maintenance_message, "maintenance")
        if mode is Mode.MAINTENANCE
        else Answer(policy.apology, "apology")
    )


def _normal(question: str) -> str:
    return " ".join(question.casefold().split()).rstrip(" ?!.")
