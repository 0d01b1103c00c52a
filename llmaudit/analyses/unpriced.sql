-- The models of calls whose cost is not known, the most used first; for some it is only the token count that is missing.
-- in: chosen (calls)   out: one row per provider and model
select
    provider_name,
    coalesce(response_model, request_model) as model,
    count(*) as calls,
    cast(sum(case when input_tokens is null or output_tokens is null then 1 else 0 end) as bigint) as uncounted_calls
from chosen
where effective_cost is null
group by provider_name, coalesce(response_model, request_model)
order by calls desc, model nulls last, provider_name nulls last
