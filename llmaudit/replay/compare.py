"""Two pipelines side by side: every query is put to both, one after the other, and compared pair by pair.

Which of the two goes first changes from query to query, since the second finds caches warm that both share. The
difference of a pair is free of what made that query or that moment slow. Of all differences the median is given, with
the interval of order statistics (percentiles.py): is 0 outside of it, the difference is real for these queries.
"""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from enum import StrEnum

from llmaudit.replay.bottleneck import Bottleneck
from llmaudit.replay.drive import drive
from llmaudit.replay.http_timing import timing_http
from llmaudit.replay.measure import Task, events_of, explained, facts_of, seen
from llmaudit.replay.percentiles import P50, Percentile, percentile
from llmaudit.replay.pipeline import Pipeline, Plan, opened
from llmaudit.replay.pipeline.budget import Budget
from llmaudit.replay.queries import Query
from llmaudit.replay.run import Outcome, QueryRun, Run

_SECOND = 1_000_000_000
_A, _B = "a ", "b "


class Verdict(StrEnum):
    """What the second pipeline is, held against the first."""

    FASTER = "faster"
    SLOWER = "slower"
    NO_DIFFERENCE = "no_difference"
    """Its interval includes 0: these queries show none."""
    NOT_ESTIMABLE = "not_estimable"
    """There are too few pairs."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both answers, and the difference: seconds of the second minus the first, over the pairs that both answered.

    `left_out` are the pairs of which one or both were not answered as they should be.
    """

    first: Bottleneck
    second: Bottleneck
    difference: Percentile | None
    left_out: int

    @property
    def verdict(self) -> Verdict:
        found = self.difference
        if found is None or found.low is None or found.high is None:
            return Verdict.NOT_ESTIMABLE
        if found.low > 0:
            return Verdict.SLOWER
        return Verdict.FASTER if found.high < 0 else Verdict.NO_DIFFERENCE


def compared(first: Plan, second: Plan, task: Task, budget: Budget) -> Comparison:
    """Both pipelines, driven in turns and held against the same limits."""

    async def measured() -> Comparison:
        async with opened(first, task.clock, budget) as one, opened(second, task.clock, budget) as other:
            run = await _interleaved(one, other, task)
            ours, theirs = _of(run, _A, one), _of(run, _B, other)
            return Comparison(
                explained(await seen(ours, one), task.slo),
                explained(await seen(theirs, other), task.slo),
                *difference(ours, theirs),
            )

    return asyncio.run(measured())


def difference(first: Run, second: Run) -> tuple[Percentile | None, int]:
    """The median difference in seconds with its interval, and how many pairs were left out."""
    ours, theirs = _by_pair(first), _by_pair(second)
    pairs = [(ours[key], theirs[key]) for key in ours.keys() & theirs.keys()]
    good = [pair for pair in pairs if all(each.outcome is Outcome.OK for each in pair)]
    differences = [(other.latency_ns - one.latency_ns) / _SECOND for one, other in good]
    return percentile(differences, P50), len(ours.keys() | theirs.keys()) - len(good)


def in_turns(queries: Sequence[Query]) -> list[Query]:
    """Every query for both, a b, b a, a b, …; the letter stands before its id."""
    turns = []
    for number, query in enumerate(queries):
        for letter in (_A, _B) if number % 2 == 0 else (_B, _A):
            turns.append(replace(query, query_id=f"{letter}{query.query_id}"))
    return turns


async def _interleaved(one: Pipeline, other: Pipeline, task: Task) -> Run:
    async def answer(query: Query) -> str:
        return await (one if query.query_id.startswith(_A) else other).answer(query)

    load = replace(task.load, warmup=2 * task.load.warmup)
    with timing_http() if one.remote or other.remote else nullcontext():
        return await drive(in_turns(task.queries), answer, load, task.clock, task.progress)


def _of(run: Run, letter: str, pipeline: Pipeline) -> Run:
    """The part of the run that one of the two had."""
    queries = tuple(
        replace(query, query_id=query.query_id.removeprefix(letter))
        for query in run.queries
        if query.query_id.startswith(letter)
    )
    return Run(queries, {**run.facts, **facts_of(pipeline)}, events_of(pipeline))


def _by_pair(run: Run) -> dict[tuple[str, int], QueryRun]:
    return {(query.query_id, query.round): query for query in run.measured}
