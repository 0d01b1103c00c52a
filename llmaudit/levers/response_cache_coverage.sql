-- What the calls of a response cache do not say, or say against it.
-- in: lever_input (the calls the steps before left, and which of them the step is about)
-- out: one row: calls; those without a hash, a time, a known sharer; of the eligible: warm ones, those of unknown
--      temperature, those with tools
-- params: scope
with asked as (
    select
        case when request_hash is null then 1 else 0 end as unhashed,
        case when started_at_us is null then 1 else 0 end as untimed,
        case when cast($scope as string) = 'user' and user_id is null then 1
             when cast($scope as string) = 'tier' and tier is null then 1
             else 0 end as unshared,
        temperature,
        tool_definition_tokens
    from lever_input
    where fits
)
select
    count(*) as calls,
    cast(coalesce(sum(unhashed), 0) as bigint) as unhashed_calls,
    cast(coalesce(sum(case when unhashed = 0 and untimed = 1 then 1 else 0 end), 0) as bigint) as untimed_calls,
    cast(coalesce(sum(case when unhashed + untimed = 0 then unshared else 0 end), 0) as bigint) as unshared_calls,
    cast(coalesce(sum(case when unhashed + untimed + unshared = 0 and temperature > 0 then 1 else 0 end), 0) as bigint)
        as warm_calls,
    cast(coalesce(sum(case when unhashed + untimed + unshared = 0 and temperature is null then 1 else 0 end), 0)
         as bigint) as unknown_temperature_calls,
    cast(coalesce(sum(case when unhashed + untimed + unshared = 0 and tool_definition_tokens > 0 then 1 else 0 end), 0)
         as bigint) as tool_calls
from asked
