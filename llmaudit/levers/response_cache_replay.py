"""The replay of one response cache: calls as columns of numbers, walked once in the order of their arrival."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from llmaudit.levers.response_cache_settings import Settings

Integers: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
SECOND_US = 1_000_000
_WALKED_AT_ONCE = 100_000


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
        key, instant_us = dense(self.key[chosen]), self.instant_us[chosen]
        return Requests(key, instant_us, self.usable_from_us[chosen], self.answered[chosen])

    def rows(self, places: Integers) -> Iterator[tuple[int, int, int, int, bool]]:
        """Place and columns of some of the calls, few of them at a time as Python objects."""
        for start in range(0, len(places), _WALKED_AT_ONCE):
            part = places[start : start + _WALKED_AT_ONCE]
            columns = (part, self.key[part], self.instant_us[part], self.usable_from_us[part], self.answered[part])
            yield from zip(*(column.tolist() for column in columns), strict=True)


def replay(requests: Requests, settings: Settings) -> Flags:
    """Which calls hit."""
    unlimited = settings.max_entries is None or settings.max_entries >= requests.keys
    # Where nothing is ever pushed out, a request that came once need not be remembered.
    walked = np.bincount(requests.key, minlength=1)[requests.key] > int(unlimited)
    hits = bytearray(len(requests))
    coalesce, refresh = settings.coalesce, settings.refresh
    room = len(requests) if settings.max_entries is None else settings.max_entries
    longest = 2**63 if settings.ttl is None else settings.ttl * SECOND_US
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


def dense(numbers: Integers) -> Integers:
    """The numbers, counted anew from 0 without gaps."""
    return np.unique(numbers, return_inverse=True)[1].astype(np.int64)


def mixed(numbers: Integers) -> NDArray[np.uint64]:
    """Numbers spread evenly, one to one (the finaliser of SplitMix64, Steele et al., OOPSLA 2014)."""
    bits = numbers.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
