"""What a finding is, and what a probe is that looks for one.

A probe reads what was measured and says what it sees, with numbers and a next step. It never ranks: a missing index
behind a slow model is a finding and not the bottleneck, and which stage that is, the critical path alone decides.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from llmaudit.replay.run import Run

if TYPE_CHECKING:
    from llmaudit.replay.postgres.facts import SearchFacts
    from llmaudit.replay.postgres.waits import LockWaits


class Rest(StrEnum):
    """What a prediction rests on."""

    MEASURED = "measured"
    """The recorded runs, with time taken out that was itself recorded (a wait, a handshake)."""
    ESTIMATED = "estimated"
    """The recorded runs, with time put in that was derived: from a model of an index, a fit, a share."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was seen, the numbers it was seen in, and what to do about it.

    `says` is a sentence; `evidence` holds JSON values, times in seconds; `fix` is a command or a setting.
    `predicted_p95_seconds` is the p95 of the whole answer, had the fix been in place in these runs; None where nothing
    in them tells.
    """

    id: str
    stage: str
    says: str
    evidence: Mapping[str, Any]
    fix: str
    predicted_p95_seconds: float | None
    basis: Rest | None


@dataclass(frozen=True, slots=True)
class ProbeInput:
    """What probes look at: a run, and what is known of the vector search, if there is one."""

    run: Run
    search: "SearchFacts | None" = None
    waits: "LockWaits | None" = None


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing to look for. `stage` is where, or "any"; `looks_at` and `fix` are what the documentation says of it.

    `look` is called with a run that has answered queries, unless `needs_answers` is False.
    """

    id: str
    stage: str
    looks_at: str
    fix: str
    look: Callable[[ProbeInput], Iterable[Finding]]
    needs_answers: bool = True
