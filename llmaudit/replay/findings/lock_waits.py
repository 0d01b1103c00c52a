"""Searches that stood still because somebody held a lock on what they read."""

from collections import Counter
from collections.abc import Iterator, Sequence

from llmaudit.replay.durations import shown_seconds
from llmaudit.replay.findings.finding import Finding, Probe, ProbeInput, Rest
from llmaudit.replay.findings.measured import p95_seconds, predicted_p95_seconds
from llmaudit.replay.postgres.waits import LockWait
from llmaudit.replay.run import Run
from llmaudit.replay.span import Span


def _look(seen: ProbeInput) -> Iterator[Finding]:
    waits = () if seen.waits is None else seen.waits.waits
    held_up = [seconds for seconds in _waited_by_query(seen.run, waits) if seconds > 0]
    if not held_up:
        return
    holder, _ = Counter(
        (wait.holder_application or None, wait.holder_command, wait.holder_state, wait.relation, wait.mode)
        for wait in waits
    ).most_common(1)[0]
    application, command, state, relation, mode = holder
    queries = len(seen.run.measured)
    pids = sorted({wait.holder_pid for wait in waits if wait.holder_pid is not None})
    yield Finding(
        id=PROBE.id,
        stage="retrieval",
        says=f"{len(held_up)} of {queries} queries waited for a lock on {relation or 'something else than a table'}, up"
        f" to {shown_seconds(max(held_up))}: held by {application or 'a session'}{f' ({command})' if command else ''}"
        f"{f', {state}' if state else ''}",
        evidence={
            "queries": queries,
            "queries_waiting": len(held_up),
            "waited_seconds": sum(held_up),
            "waited_max_seconds": max(held_up),
            "relation": relation,
            "mode": mode,
            "holder_pids": pids,
            "holder_application": application,
            "holder_command": command,
            "holder_state": state,
            "p95_seconds": p95_seconds(seen.run),
        },
        fix=_fix(command, state),
        predicted_p95_seconds=predicted_p95_seconds(
            seen.run, "retrieval", lambda span: span.duration_ns - _waited_ns(span, waits)
        ),
        basis=Rest.MEASURED,
    )


def _fix(command: str | None, state: str | None) -> str:
    if state is not None and state.startswith("idle in transaction"):
        return "commit at once; SET idle_in_transaction_session_timeout = '5s'; for the role that holds the lock"
    if command in ("CREATE INDEX", "REINDEX INDEX", "REINDEX TABLE", "DROP INDEX"):
        return f"{command} CONCURRENTLY, which lets others go on"
    return "SET lock_timeout = '2s'; for migrations, and run them when nobody asks"


def _waited_by_query(run: Run, waits: Sequence[LockWait]) -> Iterator[float]:
    """For each measured query, the seconds its retrieval waited; a query that timed out waited too."""
    for query in run.measured:
        yield sum(_waited_ns(span, waits) for span in query.spans if span.stage == "retrieval") / 1e9


def _waited_ns(span: Span, waits: Sequence[LockWait]) -> int:
    """How much of the span lies within waits.

    With queries side by side it is not known whose session waited; the longest wait over the span is taken, which no
    other can add to.
    """
    overlaps = (min(span.end_ns, wait.end_ns) - max(span.start_ns, wait.start_ns) for wait in waits)
    return max(0, max(overlaps, default=0))


PROBE = Probe(
    id="lock_waits",
    stage="retrieval",
    looks_at="`pg_locks` and `pg_stat_activity`, fifty times a second while the queries run",
    fix="what holds the lock: shorter transactions, `CONCURRENTLY`, `lock_timeout`",
    look=_look,
)
