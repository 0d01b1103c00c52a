"""From `staged` to `scores`: each judgement of a call counted once, the newest where one was given again."""

from llmaudit.store import Store, load_sql

_NEW = """
    select fresh.source_id, count(*)
    from fresh_scores as fresh
    left join scores as older
        on older.call_id is not distinct from fresh.call_id
        and (fresh.call_id is not null or older.response_id = fresh.response_id)
        and older.model is not distinct from fresh.model
        and older.name = fresh.name and older.source = fresh.source
    where older.name is null
    group by fresh.source_id"""


def merge_scores(store: Store, *, any_read: bool) -> dict[int, int]:
    """Put the staged scores into `scores`, `any_read` if there can be some; returns how many are new, by source.

    To be run inside a transaction, after the calls. Where new calls were read, older scores may find theirs.
    """
    if not any_read and not store.value("select count(*) from scores"):
        return {}
    if any_read:
        store.run(f"create or replace temp table fresh_scores as {load_sql(__package__, 'scored_fresh')}")
        _find_calls(store, "fresh_scores")
    else:
        store.run("create or replace temp table fresh_scores as select * from scores where false")
    _find_calls(store, "scores")
    added = store.rows(_NEW)
    store.run("insert into scores select * from fresh_scores")
    # Once more as one: what was judged again, and what turned out to be about the same call.
    store.run("""
        delete from scores where rowid not in (
            select max_by(rowid, struct_pack(source_id, record_number)) from scores
            group by call_id, case when call_id is null then response_id end, model, name, source)""")
    store.run("drop table temp.fresh_scores")
    return dict(added)


def without_call(store: Store) -> int:
    """How many scores are about a call that the store does not have."""
    if not store.value("select count(*) from scores"):
        return 0
    return int(
        store.value("""
            select count(*) from scores where call_id is null or not exists (
                select 1 from calls where calls.call_id = scores.call_id)""")
    )


def _find_calls(store: Store, table: str) -> None:
    """Fill the call_id of scores that name a response only, where one call of the store has that id."""
    if store.value(f"select count(*) from {table} where call_id is null"):
        store.run(f"""
            update {table} set call_id = named.call_id
            from (
                select substring(call_id, strpos(call_id, '/') + 1) as response_id, any_value(call_id) as call_id
                from calls where contains(call_id, '/') group by all having count(distinct call_id) = 1
            ) as named
            where {table}.call_id is null and {table}.response_id = named.response_id""")
