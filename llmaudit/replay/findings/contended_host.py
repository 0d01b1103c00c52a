"""The machine that measures is busy with something else: every stage looks slower than it is."""

from collections.abc import Iterator

from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput
from llmaudit.replay.findings.measured import percent
from llmaudit.replay.host import CPU_WAIT_SHARE, HOST

_MUCH = 0.05
"""The share of the run that this process stood ready and got no processor."""


def _look(seen: ProbeInput) -> Iterator[Finding]:
    share = seen.run.facts.get(CPU_WAIT_SHARE)
    if not isinstance(share, float) or share < _MUCH:
        return
    yield Finding(
        id=PROBE.id,
        stage=HOST,
        says=f"for {percent(share)} of the time llmaudit stood ready and got no processor: the machine is busy",
        evidence={"cpu_wait_share": share},
        fix="measure where nothing else runs, or with fewer queries at a time (--concurrency)",
        predicted_p95_seconds=None,
        basis=None,
    )


PROBE = Probe(
    id="contended_host",
    stage="any",
    looks_at="how long this process waited for a processor (Linux)",
    fix="measure on a machine that is not busy",
    look=_look,
    needs_answers=False,
)
