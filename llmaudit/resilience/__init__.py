"""What to do while a provider is down: stop asking it, answer from something simpler, and ask again later."""

from llmaudit.resilience.breaker import Breaker, Permit, State
from llmaudit.resilience.fallback import Answer
from llmaudit.resilience.guard import Change, Guard, Refused
from llmaudit.resilience.mode import Mode, mode_of
from llmaudit.resilience.outcome import Outcome, outcome_of
from llmaudit.resilience.policy import BreakerPolicy, ResiliencePolicy
from llmaudit.resilience.service import ModeChange, Service

__all__ = [
    "Answer",
    "Breaker",
    "BreakerPolicy",
    "Change",
    "Guard",
    "Mode",
    "ModeChange",
    "Outcome",
    "Permit",
    "Refused",
    "ResiliencePolicy",
    "Service",
    "State",
    "mode_of",
    "outcome_of",
]
