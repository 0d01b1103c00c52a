-- Who waits for a lock at this moment, for how long already, and whom for.
-- in: the server's activity   out: one row per waiting session   params: application, relation
select
    waiting.pid as pid,
    lock.mode as mode,
    lock.relation::pg_catalog.regclass::text as relation,
    lock.waitstart as since,
    extract(epoch from pg_catalog.clock_timestamp() - lock.waitstart)::float8 as waited_seconds,
    holder.pid as holder_pid,
    holder.application_name as holder_application,
    holder.state as holder_state,
    -- The words of the command and no more: what follows may quote somebody's data.
    upper(substring(holder.query from '^\s*([a-zA-Z]+(?:\s+(?:table|index|materialized|view))?)')) as holder_command
from pg_catalog.pg_stat_activity as waiting
join pg_catalog.pg_locks as lock on lock.pid = waiting.pid and not lock.granted
left join pg_catalog.pg_stat_activity as holder on holder.pid = (pg_catalog.pg_blocking_pids(waiting.pid))[1]
where
    -- Sessions of a name or, where none is known, whoever waits for that table.
    (
        waiting.application_name = %(application)s
        or %(application)s::text is null and lock.relation = pg_catalog.to_regclass(%(relation)s)
    )
    and waiting.datname = pg_catalog.current_database()
    -- Null for a moment after a wait began; the next look will know.
    and lock.waitstart is not null
order by 1
