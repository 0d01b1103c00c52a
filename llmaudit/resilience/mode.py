"""What a service can still do, from the breakers of the providers it needs."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from llmaudit.resilience.breaker import State


class Mode(StrEnum):
    """FULL answers as designed; DEGRADED with a simpler answer; MAINTENANCE with a static message, the model off."""

    FULL = "full"
    DEGRADED = "degraded"
    MAINTENANCE = "maintenance"


def mode_of(needs: Iterable[Sequence[State]], *, forced: bool = False) -> Mode:
    """The mode, given for each need of an answer the breakers of those who can fill it, first choice first.

    FULL while every first choice is closed; MAINTENANCE when a need has nobody left whose breaker is closed, or when
    the operator forced it; DEGRADED between.
    """
    needs = [list(need) for need in needs]
    if forced or any(State.CLOSED not in need for need in needs):
        return Mode.MAINTENANCE
    return Mode.FULL if all(need[0] is State.CLOSED for need in needs) else Mode.DEGRADED
