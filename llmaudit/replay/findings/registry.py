"""Every module of this room that holds a `PROBE` is a probe; there is no list to keep."""

import importlib
import pkgutil
from functools import cache

import llmaudit.replay.findings as room
from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput

_STAGES = ("retrieval", "embedding", "rerank", "generation", "network", "any")


@cache
def all_probes() -> tuple[Probe, ...]:
    """The probes, stage by stage."""
    modules = (
        importlib.import_module(f"{room.__name__}.{found.name}") for found in pkgutil.iter_modules(room.__path__)
    )
    found = [module.PROBE for module in modules if hasattr(module, "PROBE")]
    return tuple(sorted(found, key=lambda probe: (_STAGES.index(probe.stage), probe.id)))


def find(seen: ProbeInput) -> tuple[Finding, ...]:
    """Everything that the probes see, in their order: whoever shows it ranks by share of the critical path."""
    answered = bool(seen.run.successes)
    looking = (probe for probe in all_probes() if answered or not probe.needs_answers)
    return tuple(finding for probe in looking for finding in probe.look(seen))
