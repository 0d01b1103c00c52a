"""A finding: something that costs time, the numbers that say so, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a probe found. Probes never rank: that is for the critical path to do.

    `evidence` holds numbers by name, as JSON carries them; `fix` is a command or a setting that can be copied.
    `predicted_p95_seconds` is the p95 of the whole query with the fix, from a what-if on the recorded run; None where
    nothing recorded says what the fix would bring.
    """

    id: str
    stage: str
    evidence: Mapping[str, Any]
    fix: str
    predicted_p95_seconds: float | None = None
