-- The calls that may meet the response cache, as they arrive; at the same instant, by call_id.
-- in: lever_input (the calls the steps before left, and which of them the step is about)
-- out: one row per eligible call: call_id, request_hash, sharer (a number for those who share entries), instant_us,
--      usable_from_us (when its answer exists, at once where the log does not say), answered (1: it got an answer)
-- params: scope
with asked as (
    select
        call_id,
        request_hash,
        case cast($scope as string) when 'user' then user_id when 'tier' then tier else '' end as shared_by,
        started_at_us,
        -- What is no length of time (negative, not a number, decades) is unknown.
        case when duration_seconds between 0 and 1000000000 then duration_seconds else 0 end as wait_seconds,
        status
    from lever_input
    where fits and request_hash is not null and started_at_us is not null
),
sharers as (
    -- One row per tier or user, so that the window is small. Unknown ones are not here: they share with nobody.
    select shared_by, row_number() over (order by shared_by) as sharer
    from (select distinct shared_by from asked where shared_by is not null) as known
)
select
    call_id,
    request_hash,
    cast(sharer as bigint) as sharer,
    started_at_us as instant_us,
    started_at_us + cast(round(wait_seconds * 1000000) as bigint) as usable_from_us,
    case when status = 'ok' then 1 else 0 end as answered
from asked
join sharers on sharers.shared_by = asked.shared_by
order by instant_us, call_id
