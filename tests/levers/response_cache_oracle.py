"""A response cache in plain Python, as slow and plain as can be: the replay has to agree with it to the last call."""

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Call:
    """What the cache may know of a call; times are microseconds."""

    call_id: int
    request_hash: int | None
    at: int | None
    takes: int | None = None
    status: str = "ok"
    tier: str | None = "free"
    user_id: str | None = "ann"


@dataclass(frozen=True)
class Entry:
    """One answer in the cache; `used` counts up over all uses of all entries."""

    written: int
    used: int


def hits(
    calls: Sequence[Call],
    *,
    ttl: int | None,
    max_entries: int | None,
    coalesce: bool = False,
    refresh: bool = False,
    scope: str = "global",
) -> set[int]:
    """The call_id of every hit. `ttl` is microseconds here."""
    cache: dict[tuple[object, ...], Entry] = {}
    underway: list[tuple[int, int, int, tuple[object, ...]]] = []
    found: set[int] = set()
    clock = 0

    def write(key: tuple[object, ...], written: int) -> None:
        nonlocal clock
        clock += 1
        cache[key] = Entry(written, clock)
        if max_entries is not None and len(cache) > max_entries:
            del cache[min(cache, key=lambda other: cache[other].used)]

    known = [call for call in calls if call.request_hash is not None and call.at is not None]
    for call in sorted(known, key=lambda call: (call.at, call.call_id)):
        sharer = {"global": "everybody", "tier": call.tier, "user": call.user_id}[scope]
        now = call.at
        if sharer is None or now is None:
            continue
        key = (sharer, call.request_hash)
        for answer in sorted(answer for answer in underway if answer[0] <= now):
            underway.remove(answer)
            write(answer[3], answer[0])
        entry = cache.get(key)
        if entry is not None and ttl is not None and now > entry.written + ttl:
            del cache[key]
            entry = None
        if entry is not None:
            clock += 1
            cache[key] = replace(entry, used=clock, written=now if refresh else entry.written)
            found.add(call.call_id)
        elif coalesce and any(answer[3] == key for answer in underway):
            found.add(call.call_id)
        elif call.status == "ok":
            if call.takes:
                underway.append((now + call.takes, now, call.call_id, key))
            else:
                write(key, now)
    return found
