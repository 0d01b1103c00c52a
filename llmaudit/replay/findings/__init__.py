"""Why a stage is slow and what to do about it: one module per probe, each with evidence, a fix and a prediction."""

from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput, Rest
from llmaudit.replay.findings.registry import all_probes, find

__all__ = ["Finding", "Probe", "ProbeInput", "Rest", "all_probes", "find"]
