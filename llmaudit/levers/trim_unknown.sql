-- How many calls a trimming step is about, and of how many the log does not say what their prompts are made of.
-- in: lever_input   out: one row: calls, unknown_context, unknown_history
select
    count(*) as calls,
    cast(coalesce(sum(case when context_documents is null or context_tokens is null then 1 else 0 end), 0) as bigint)
        as unknown_context,
    cast(coalesce(sum(case when history_tokens is null then 1 else 0 end), 0) as bigint) as unknown_history
from lever_input
where fits
