-- What a total over these calls does not know.
-- in: chosen (calls)   out: one row: calls, those without a time, without a token count, with a fallback price; the span
select
    count(*) as calls,
    cast(coalesce(sum(case when started_at is null then 1 else 0 end), 0) as bigint) as untimed_calls,
    cast(coalesce(sum(case when input_tokens is null or output_tokens is null then 1 else 0 end), 0) as bigint)
        as uncounted_calls,
    cast(coalesce(sum(case when price_basis = 'fallback' then 1 else 0 end), 0) as bigint) as fallback_calls,
    min(started_at) as first_at,
    max(started_at) as last_at
from chosen
