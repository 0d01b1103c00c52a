"""How long a search through an HNSW index would take that is not there yet.

The number of vectors such a search visits is pgvector's own estimate, with which it tells the planner what an index
would cost: the way down through the layers, then `2 m` neighbours for each of the `ef_search` candidates, less those
met before (pgvector 0.8, `hnswcostestimate` in src/hnsw.c, read 2026-11-27).

What a visit costs is measured on the server at hand as distances in memory. Beside the distance a visit looks up
a page and keeps two heaps: five times the distance, of 2 to 6 seen on tables of 5,000 to 50,000 vectors of 64 to 1,024
dimensions with pages in memory. An index larger than memory is slower, and this says nothing about it.
"""

import math

from llmaudit.replay.postgres.facts import SearchFacts
from llmaudit.replay.span import Span

M = 16
EF_SEARCH = 40
_MAX_SCAN_TUPLES = 20_000
_SCALE = 0.55
_DISTANCES_PER_VISIT = 5
WORTHWHILE = 0.8
"""An index that would leave more than this share of the time is not proposed."""


def visits(rows: int, ef_search: int, m: int = M) -> float:
    """How many vectors a search looks at."""
    if rows < 2:
        return float(rows)
    depth = int(math.log(rows) / math.log(m))
    met_first = _SCALE * math.log(rows) / (math.log(m) * (1 + math.log(ef_search)))
    return min(float(rows), depth * m + 2 * m * ef_search * met_first)


def visited(facts: SearchFacts) -> float:
    """How many a search through an index with the default settings would look at, until enough pass the condition."""
    return min(float(facts.rows), visits(facts.rows, facts.number("hnsw.ef_search", EF_SEARCH)) * lengthened(facts))


def needed(facts: SearchFacts) -> float:
    """How many of the nearest it takes, in the middle, for k of them to pass the condition."""
    return facts.search.k / max(facts.selectivity, 1 / facts.rows)


def lengthened(facts: SearchFacts) -> float:
    """How many times as long a search list that is, at least 1."""
    return max(1.0, needed(facts) / facts.number("hnsw.ef_search", EF_SEARCH))


def iterative_scan(facts: SearchFacts) -> str:
    """The settings under which an index looks on until enough rows pass the condition."""
    setting = "SET hnsw.iterative_scan = strict_order;"
    if needed(facts) <= facts.number("hnsw.max_scan_tuples", _MAX_SCAN_TUPLES):
        return setting
    return f"{setting}\nSET hnsw.max_scan_tuples = {min(facts.rows, round(2 * needed(facts)))};"


def seconds(facts: SearchFacts) -> float:
    """How long a search through such an index would take, with the round trip."""
    return facts.pace.round_trip_seconds + visited(facts) * _DISTANCES_PER_VISIT * facts.pace.distance_seconds


class Scaled:
    """Durations of a search that usually takes `before` and would usually take `after`, all in seconds.

    What a query took beyond the round trip grows or shrinks in proportion, so slow ones stay the slow ones.
    """

    def __init__(self, facts: SearchFacts, before: float, after: float) -> None:
        self._table = facts.search.table
        self._round_trip = min(facts.pace.round_trip_seconds, before, after)
        work = before - self._round_trip
        self._ratio = (after - self._round_trip) / work if work > 0 else 1.0

    def __call__(self, span: Span) -> int:
        """The nanoseconds that a span would have taken; spans of other tables stay as they were."""
        if not searches(span, self._table):
            return span.duration_ns
        floor = min(span.duration_ns, int(self._round_trip * 1e9))
        return floor + int((span.duration_ns - floor) * self._ratio)


def searches(span: Span, table: str) -> bool:
    """Whether a span of the retrieval is a search of this table: one that names no table is taken to be."""
    return span.attributes.get("db.collection.name", table) == table
