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

from typing import Any

import numpy as np

from llmaudit.levers.lever import IN_WORDS, Basis, Lever, Outcome
from llmaudit.levers.response_cache_curve import axes, curve, in_words
from llmaudit.levers.response_cache_replay import Integers, Requests, dense, mixed, replay
from llmaudit.levers.response_cache_settings import Semantic, Settings
from llmaudit.store import Store, load_sql
from llmaudit.words import count

_TAKEN_AT_ONCE = 100_000


def apply(store: Store, settings: Settings) -> Outcome:
    """Take the hits away; the facts say how many, and how many there would be at other sizes and times to live."""
    found = store.columns(load_sql(__package__, "response_cache"), {"scope": settings.scope})
    ids: Integers = found["call_id"]
    requests = Requests(_keys(found), found["instant_us"], found["usable_from_us"], found["answered"] == 1)
    hit = replay(requests, settings)
    store.run("create or replace temp table lever_changes (call_id bigint, basis varchar, response_cache_hit boolean)")
    _take_away(store, ids[hit], Basis.MEASURED)
    _take_away(store, assumed := _assumed(ids[~hit], settings.semantic), Basis.ASSUMED)
    points, share = curve(requests, settings, *axes(settings))
    facts = {
        IN_WORDS: in_words(points),
        "eligible_calls": len(requests),
        "different_requests": requests.keys,
        "hits": int(hit.sum()),
        "hit_share": float(hit.mean()) if len(requests) else None,
        "assumed_hits": len(assumed),
        "curve": points,
        "curve_requests_share": share,
    }
    return Outcome(facts, _warnings(store, settings.scope))


def _keys(found: dict[str, Any]) -> Integers:
    """Equal requests of those who share entries have the same number."""
    key, sharer = dense(found["request_hash"]), dense(found["sharer"])
    return dense(key * (int(sharer.max()) + 1) + sharer) if sharer.any() else key


def _assumed(ids: Integers, semantic: Semantic | None) -> Integers:
    """The calls that a semantic cache is assumed to answer: always the same ones, spread by a hash of their id."""
    count = 0 if semantic is None else int(len(ids) * semantic.extra_hit_share)
    return ids[np.argsort(mixed(ids), kind="stable")[:count]]


def _take_away(store: Store, ids: Integers, basis: Basis) -> None:
    for start in range(0, len(ids), _TAKEN_AT_ONCE):
        store.run(
            "insert into lever_changes select unnest($ids), $basis, true",
            {"ids": ids[start : start + _TAKEN_AT_ONCE].tolist(), "basis": str(basis)},
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
