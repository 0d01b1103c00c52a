"""When to stop asking a provider, when to ask again, and what to say meanwhile."""

from pydantic import Field, field_validator

from llmaudit.config import Section
from llmaudit.config.duration import Duration

APOLOGY = "Sorry, this cannot be answered right now. Please try again in a few minutes."
MAINTENANCE = "The assistant is being repaired. Please try again later."


class BreakerPolicy(Section):
    """How one breaker behaves: opens after so many failures in a row, lets probes through after a wait.

    `timeout` is how long the provider may take: a caller who gave up sooner says nothing about the provider, one who
    gave up later does. Without it every timeout of a client counts, and nothing that was merely given up.
    """

    failures: int = Field(default=5, ge=1)
    wait: Duration = 60
    probes: int = Field(default=1, ge=1)
    timeout: Duration | None = None


class ResiliencePolicy(BreakerPolicy):
    """The same for every provider of a service, and the answers it falls back to.

    `faq` holds answers by question; `maintenance: true` turns the model off by hand.
    """

    faq: dict[str, str] = Field(default_factory=dict)
    apology: str = Field(default=APOLOGY, min_length=1)
    maintenance_message: str = Field(default=MAINTENANCE, min_length=1)
    maintenance: bool = False

    @field_validator("faq")
    @classmethod
    def _answers_something(cls, faq: dict[str, str]) -> dict[str, str]:
        if empty := [question for question, answer in faq.items() if not question.strip() or not answer.strip()]:
            raise ValueError(f"question {empty[0]!r} or its answer is empty")
        return faq
