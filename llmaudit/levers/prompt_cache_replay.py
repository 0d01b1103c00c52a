"""The replay of prefix caches: how much of each prompt was there when it came, part by part.

Prompts that share a block share their first one, so prompts are dealt out by cache and first block: the parts know
nothing of each other, and each is small enough to be replayed in memory, however many calls there are.
"""

from llmaudit.store import Store, load_sql

EVENTS = load_sql(__package__, "prompt_cache_events")
SHARED = load_sql(__package__, "prompt_cache_shared")
PREFIXES = load_sql(__package__, "prompt_cache_prefixes")

BLOCKS_AT_ONCE = 15_000_000
"""About a gigabyte where the blocks of a part are grouped; smaller parts would read the calls more often."""


def replay(store: Store) -> None:
    """Make `prompt_cache_prefixes` of `prompt_cache_calls` and `prompt_cache_caches`."""
    blocks = store.value("select coalesce(sum(greatest(prefix_blocks, 1)), 0) from prompt_cache_calls where takes_part")
    parts = max(1, -(-int(blocks) // BLOCKS_AT_ONCE))
    _put_chains(store, parts)
    for part in range(parts):
        _bind_part(store, part)
        store.run(f"create or replace temp table prompt_cache_shared as {SHARED}")
        begin = "insert into" if part else "create or replace temp table"
        store.run(f"{begin} prompt_cache_prefixes {'' if part else 'as'} {PREFIXES}")
    store.run("drop table temp.prompt_cache_shared")
    store.run("drop table temp.prompt_cache_chains")


def _put_chains(store: Store, parts: int) -> None:
    """Make `prompt_cache_chains`: the prefixes of each call that takes part, and all that its part asks of it.

    A table, not a view over the calls: two queries walk all blocks, and DuckDB 2.0.0 loses track of a dictionary when
    it filters them through that join ("global dictionary column changed identity", an internal error, at 1 M calls).
    """
    in_order = "order by part" if parts > 1 else ""
    store.run(f"""
        create or replace temp table prompt_cache_chains as
        select *, cast(hash(cache, prefixes[1]) % {parts} as integer) as part
        from (select call_id, cache, instant_us, readable_us,
                     case when single_block is null then prefix_hashes
                          else [cast(hash(single_block) >> 1 as bigint)] end as prefixes
              from prompt_cache_calls
              join prompt_cache_caches using (provider, model, scope, evidence)
              join lever_input using (call_id)
              where takes_part)
        {in_order}""")


def _bind_part(store: Store, part: int) -> None:
    store.bind(
        "prompt_cache_part",
        f"""select call_id, cache, instant_us, readable_us, len(prefixes) as blocks
            from prompt_cache_chains where part = {part}""",
    )
    store.bind(
        "prompt_cache_blocks",
        f"""select call_id, cache, generate_subscripts(prefixes, 1) as position, unnest(prefixes) as prefix,
                   unnest(list_prepend(null, prefixes[1 : len(prefixes) - 1])) as parent
            from prompt_cache_chains where part = {part}""",
    )
    store.bind("prompt_cache_events", EVENTS)
