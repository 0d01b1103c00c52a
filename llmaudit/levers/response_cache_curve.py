"""The curve of a response cache: its hits at other sizes and times to live, and how large a store has to be."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from llmaudit.config.duration import text_or_unlimited
from llmaudit.levers.lever import Basis
from llmaudit.levers.response_cache_replay import SECOND_US, Flags, Integers, Requests, mixed, replay
from llmaudit.levers.response_cache_settings import Settings
from llmaudit.words import count, counted

Limits: TypeAlias = Sequence[int | None]
CAPACITIES: Limits = (100, 1_000, 10_000, 100_000, None)
TTLS: Limits = (300, 3_600, 86_400, 604_800, None)
REPLAYED_CALLS = 50_000
"""Up to so many calls every point of the curve is a replay, also where answers take time or fail."""
CURVE_CALLS = 2_000_000
"""Above so many calls the curve is drawn from a hash sample of the requests."""


def axes(settings: Settings) -> tuple[Limits, Limits]:
    """The capacities and times to live that are asked for: the usual ones and the plan's own."""
    return _and(CAPACITIES, settings.max_entries), _and(TTLS, settings.ttl)


def _and(usual: Limits, own: int | None) -> Limits:
    """The usual points of an axis and the plan's own, unlimited last."""
    return sorted({*usual, own}, key=lambda limit: float("inf") if limit is None else limit)


def curve(
    requests: Requests, settings: Settings, capacities: Limits, ttls: Limits
) -> tuple[list[dict[str, Any]], float]:
    """The hits at other capacities and times to live, and the share of the requests that they were counted on.

    One pass finds how many other requests came since each was last used (its LRU stack distance). As an expired entry
    keeps its place, a call hits exactly if that is less than `max_entries` and the entry is not too old: `measured`,
    where answers come at once and none fails. Otherwise points are replayed (`measured`) up to REPLAYED_CALLS; above,
    the hits at once are lowered as a replay without a limit lowers them (`estimated`). Above CURVE_CALLS all of it is
    done for a hash sample of the requests in a cache as much smaller (SHARDS, Waldspurger et al., FAST 2015).
    """
    halvings = max(0, (len(requests) - 1) // CURVE_CALLS).bit_length()
    share = 0.5**halvings
    sample = requests.where(mixed(requests.key) & np.uint64(2**halvings - 1) == 0) if halvings else requests
    at_once = _at_once(sample, settings.refresh)
    exact = bool(sample.answered.all() and (sample.usable_from_us == sample.instant_us).all())
    points = []
    for ttl in ttls:
        point = settings.model_copy(update={"ttl": ttl, "max_entries": None})
        most = at_once(None, ttl)
        unlimited = most if exact else replay(sample, point)
        for max_entries in capacities:
            room = None if max_entries is None else max(min(max_entries, 1), round(max_entries * share))
            hit, kept, sure = unlimited, 1.0, halvings == 0
            if room is not None and room < sample.keys and (exact or len(sample) > REPLAYED_CALLS):
                hit, kept, sure = at_once(room, ttl), unlimited.sum() / max(1, most.sum()), sure and exact
            elif room is not None and room < sample.keys:
                hit = replay(sample, point.model_copy(update={"max_entries": room}))
            hits = round(kept * _scaled(hit, sample, len(requests), share))
            basis = str(Basis.MEASURED if sure else Basis.ESTIMATED)
            points.append({"max_entries": max_entries, "ttl": text_or_unlimited(ttl), "hits": hits, "basis": basis})
    return points, share


def in_words(points: Sequence[dict[str, Any]]) -> list[str]:
    """How large a store has to be: for each time to live, the least capacity with 99 % of the hits there are."""
    said = []
    for ttl in dict.fromkeys(point["ttl"] for point in points):
        row = [point for point in points if point["ttl"] == ttl]
        most = max(point["hits"] for point in row)
        enough = next(point for point in row if point["hits"] >= 0.99 * most)
        if most:
            room = enough["max_entries"]
            entries = "any number of entries" if room is None else counted(room, "entry", "entries")
            said.append(f"{ttl}: {count(enough['hits'], 'hit')} with {entries}")
    return [f"for 99 % of what can hit, {', '.join(said)}"] if said else []


def _scaled(hit: Flags, sample: Requests, calls: int, share: float) -> int:
    """The hits of a sample as hits of all calls.

    Its calls, scaled, miss their known number as the busiest requests are in the sample or not; a regression over its
    requests says how many hits go with that difference.
    """
    size, hits = np.bincount(sample.key), np.bincount(sample.key[hit], minlength=sample.keys)
    slope = float(hits @ size) / float(size @ size or 1)
    return min(calls, max(0, round(float(hits.sum()) / share + slope * (calls - len(sample) / share))))


def _at_once(requests: Requests, refresh: bool) -> Callable[[int | None, int | None], Flags]:
    """A function of capacity and time to live: which calls would hit if every answer were there at once."""
    order = np.argsort(requests.key, kind="stable")
    key, instant = requests.key[order], requests.instant_us[order]
    again = np.append(False, key[1:] == key[:-1])[: len(key)]
    before = np.full(len(key), -1, dtype=np.int64)
    before[order[again]] = order[np.flatnonzero(again) - 1]
    distance = stack_distances(before)[order]

    def hit(max_entries: int | None, ttl: int | None) -> Flags:
        there = again if max_entries is None else again & (distance < max_entries)
        alive, expires = bytearray(there.tobytes()), 0
        for number, now in enumerate(instant.tolist() if ttl is not None else ()):
            alive[number] &= now <= expires
            if refresh or not alive[number]:
                expires = now + (ttl or 0) * SECOND_US
        hits = np.empty(len(key), dtype=np.bool_)
        hits[order] = np.frombuffer(alive, dtype=np.bool_)
        return hits

    return hit


def stack_distances(before: Integers) -> Integers:
    """For each call, how many different other requests came since its own did last; -1 for the first of its kind.

    `before` is the place of the same request's last call, or -1. Of the calls in between, each request's first has its
    own predecessor further back, as have all up to `before`: the distance is the number of earlier calls whose
    predecessor is smaller, less those. Sorted by predecessor and split by place, half by half, that is n log n.
    """
    n = len(before)
    place = np.argsort(before, kind="stable")
    smaller = np.zeros(n, dtype=np.int64)
    for bit in reversed(range(max(n - 1, 0).bit_length())):
        half = 1 << bit
        group = place >> (bit + 1)
        later = (place >> bit) & 1 == 1
        earlier = np.cumsum(~later) - group * half
        smaller[place[later]] += earlier[later]
        begin = group * half * 2
        target = np.where(later, np.arange(n) - earlier + half, begin + earlier - 1)
        place[target] = place.copy()
    return np.where(before < 0, -1, smaller - before - 1)
