"""Response cache: an equal request is answered again from a store such as Redis, and no model is called.

    response_cache_hit := true     where an answer to the same `request_hash` is there and alive when the call arrives

The replay walks the eligible calls in the order of their arrival (at the same instant, of their call_id):

- An answer enters when it exists: at `started_at + duration_seconds`, at once where the log has no duration. A call
  that arrives before then calls the model too, and its answer overwrites; with `coalesce` it joins the call in flight.
- It is alive while `now - written <= ttl`. Reads do not renew it (as in `SET key value EX ttl`), unless `refresh`.
- With `max_entries` the least recently used entry leaves. Writing and reading are uses, joining is not. An expired
  entry keeps its place until it is asked for or pushed out; a store that sweeps has a little more room than that.
- A call that failed writes nothing and nobody joins it; it may itself be answered from the cache.
- `scope` says who shares entries. A call whose tier or user is unknown shares with nobody: it is left out.

The cache is asked with the request as it was sent, so its key is the hash from the log whatever earlier steps changed.
What a semantic cache would add cannot be replayed without the texts: `semantic` takes the share that the plan assumes.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from heapq import heappop, heappush
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, WithJsonSchema

from llmaudit.config import Section
from llmaudit.config.duration import DurationOrUnlimited, text_or_unlimited
from llmaudit.levers.lever import IN_WORDS, Basis, Lever, Outcome, StepSettings
from llmaudit.store import Store, load_sql
from llmaudit.words import count, counted

Integers: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
Limits: TypeAlias = Sequence[int | None]
Entries = Annotated[
    int | None,
    Field(ge=1),
    BeforeValidator(lambda word: None if word == "unlimited" else word),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, {"const": "unlimited"}, {"type": "null"}]}),
]
CAPACITIES: Limits = (100, 1_000, 10_000, 100_000, None)
TTLS: Limits = (300, 3_600, 86_400, 604_800, None)
REPLAYED_CALLS = 50_000
"""Up to so many calls every point of the curve is a replay, also where answers take time or fail."""
CURVE_CALLS = 2_000_000
"""Above so many calls the curve is drawn from a hash sample of the requests."""
_SECOND = 1_000_000
_CHUNK = 100_000


class Semantic(Section):
    """What the plan assumes a semantic cache to add: a share (0 to 1) of the eligible calls that did not hit."""

    extra_hit_share: Annotated[Decimal, Field(ge=0, le=1)]


class Settings(StepSettings):
    """`ttl` counts from the write; `max_entries: unlimited` and `ttl: unlimited` are None."""

    when: str = "temperature = 0"
    ttl: DurationOrUnlimited = 86_400
    max_entries: Entries = None
    coalesce: bool = False
    scope: Literal["global", "tier", "user"] = "global"
    refresh: bool = False
    semantic: Semantic | None = None


@dataclass(frozen=True, slots=True)
class Requests:
    """Calls in the order of arrival, a column each: key (dense, from 0), instants, whether an answer came."""

    key: Integers
    instant_us: Integers
    usable_from_us: Integers
    answered: Flags

    def __len__(self) -> int:
        return len(self.key)

    @property
    def keys(self) -> int:
        """How many different requests there are."""
        return int(self.key.max()) + 1 if len(self) else 0

    def where(self, chosen: Flags) -> "Requests":
        """Some of the calls, with keys that are dense again."""
        key, instant_us = _dense(self.key[chosen]), self.instant_us[chosen]
        return Requests(key, instant_us, self.usable_from_us[chosen], self.answered[chosen])

    def rows(self, places: Integers) -> Iterator[tuple[int, int, int, int, bool]]:
        """Place and columns of some of the calls, few of them at a time as Python objects."""
        for start in range(0, len(places), _CHUNK):
            part = places[start : start + _CHUNK]
            columns = (part, self.key[part], self.instant_us[part], self.usable_from_us[part], self.answered[part])
            yield from zip(*(column.tolist() for column in columns), strict=True)


def apply(store: Store, settings: Settings) -> Outcome:
    """Take the hits away; the facts say how many, and how many there would be at other sizes and times to live."""
    found = store.columns(load_sql(__package__, "response_cache"), {"scope": settings.scope})
    ids: Integers = found["call_id"]
    requests = Requests(_keys(found), found["instant_us"], found["usable_from_us"], found["answered"] == 1)
    hit = replay(requests, settings)
    store.run("create or replace temp table lever_changes (call_id bigint, basis varchar, response_cache_hit boolean)")
    _take_away(store, ids[hit], Basis.MEASURED)
    _take_away(store, assumed := _assumed(ids[~hit], settings.semantic), Basis.ASSUMED)
    points, share = curve(requests, settings, _and(CAPACITIES, settings.max_entries), _and(TTLS, settings.ttl))
    facts = {
        IN_WORDS: _in_words(points),
        "eligible_calls": len(requests),
        "different_requests": requests.keys,
        "hits": int(hit.sum()),
        "hit_share": float(hit.mean()) if len(requests) else None,
        "assumed_hits": len(assumed),
        "curve": points,
        "curve_requests_share": share,
    }
    return Outcome(facts, _warnings(store, settings.scope))


def replay(requests: Requests, settings: Settings) -> Flags:
    """Which calls hit."""
    unlimited = settings.max_entries is None or settings.max_entries >= requests.keys
    # Where nothing is ever pushed out, a request that came once need not be remembered.
    walked = np.bincount(requests.key, minlength=1)[requests.key] > int(unlimited)
    hits = bytearray(len(requests))
    coalesce, refresh = settings.coalesce, settings.refresh
    room = len(requests) if settings.max_entries is None else settings.max_entries
    longest = 2**63 if settings.ttl is None else settings.ttl * _SECOND
    written: OrderedDict[int, int] = OrderedDict()  # when each entry was written; the least recently used comes first
    flying: list[tuple[int, int, int]] = []  # answers to come: usable from, number of the call, key
    expected: set[int] = set()  # their keys, which are different where calls join
    for number, key, now, usable_from, answered in requests.rows(np.flatnonzero(walked)):
        while flying and flying[0][0] <= now:
            instant, _, arrived = heappop(flying)
            expected.discard(arrived)
            written[arrived] = instant
            written.move_to_end(arrived)
            if len(written) > room:
                written.popitem(last=False)
        since = written.get(key)
        if since is not None:
            if now - since <= longest:
                hits[number] = 1
                written.move_to_end(key)
                if refresh:
                    written[key] = now
                continue
            del written[key]
        if coalesce and key in expected:
            hits[number] = 1
        elif answered and usable_from > now:
            heappush(flying, (usable_from, number, key))
            expected.add(key)
        elif answered:
            written[key] = now
            if len(written) > room:
                written.popitem(last=False)
    return np.frombuffer(hits, dtype=np.bool_)


def curve(
    requests: Requests, settings: Settings, capacities: Limits = CAPACITIES, ttls: Limits = TTLS
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
    sample = requests.where(_mixed(requests.key) & np.uint64(2**halvings - 1) == 0) if halvings else requests
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


def _and(usual: Limits, own: int | None) -> Limits:
    """The usual points of an axis and the plan's own, unlimited last."""
    return sorted({*usual, own}, key=lambda limit: float("inf") if limit is None else limit)


def _in_words(points: Sequence[dict[str, Any]]) -> list[str]:
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
                expires = now + (ttl or 0) * _SECOND
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


def _keys(found: dict[str, Any]) -> Integers:
    """Equal requests of those who share entries have the same number."""
    key, sharer = _dense(found["request_hash"]), _dense(found["sharer"])
    return _dense(key * (int(sharer.max()) + 1) + sharer) if sharer.any() else key


def _dense(numbers: Integers) -> Integers:
    """The numbers, counted anew from 0 without gaps."""
    return np.unique(numbers, return_inverse=True)[1].astype(np.int64)


def _assumed(ids: Integers, semantic: Semantic | None) -> Integers:
    """The calls that a semantic cache is assumed to answer: always the same ones, spread by a hash of their id."""
    count = 0 if semantic is None else int(len(ids) * semantic.extra_hit_share)
    return ids[np.argsort(_mixed(ids), kind="stable")[:count]]


def _mixed(numbers: Integers) -> NDArray[np.uint64]:
    """Numbers spread evenly, one to one (the finaliser of SplitMix64, Steele et al., OOPSLA 2014)."""
    mixed = numbers.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _take_away(store: Store, ids: Integers, basis: Basis) -> None:
    for start in range(0, len(ids), _CHUNK):
        store.run(
            "insert into lever_changes select unnest($ids), $basis, true",
            {"ids": ids[start : start + _CHUNK].tolist(), "basis": str(basis)},
        )


def _warnings(store: Store, scope: str) -> tuple[str, ...]:
    said = store.records(load_sql(__package__, "response_cache_coverage"), {"scope": scope})[0]
    if said["unhashed_calls"] == said["calls"]:
        return ("no call has a request hash" if said["calls"] else "no call meets `when`",)
    possible = (
        (said["unhashed_calls"], "{have} no request hash and {are} left out"),
        (said["untimed_calls"], "{have} no time and {are} left out"),
        (said["unshared_calls"], f"{{have}} no known {scope} to share answers within and {{are}} left out"),
        (said["warm_calls"], "at temperature > 0 {are} eligible by your `when`: a cached answer replaces a varied one"),
        (said["unknown_temperature_calls"], "of unknown temperature {are} eligible"),
        (said["tool_calls"], "with tools or a schema {are} eligible: an answer may depend on the world"),
    )
    return tuple(
        f"{count(calls, 'call')} {text.format(have='has' if calls == 1 else 'have', are='is' if calls == 1 else 'are')}"
        for calls, text in possible
        if calls
    )


ASSUMES = ("an equal request may be given the same answer", "asking the cache costs nothing")
LEVER = Lever("response_cache", Settings, ("response_cache_hit",), apply, ASSUMES)
