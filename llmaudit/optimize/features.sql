-- What each feature asks of each model, and what of it a remedy could reach.
-- in: lever_input (the calls as they are, with their complexity)
-- out: one row per provider, model and feature, the dearest first
select
    provider_name,
    coalesce(response_model, request_model) as model,
    feature,
    count(*) as calls,
    cast(coalesce(sum(effective_cost), 0) as decimal(38, 12)) as cost,
    cast(sum(case when complexity = 'simple' then 1 else 0 end) as bigint) as simple_calls,
    cast(sum(case when context_documents > 3 then 1 else 0 end) as bigint) as many_documents_calls,
    cast(sum(case when history_tokens > 0 then 1 else 0 end) as bigint) as history_calls
from lever_input
group by provider_name, coalesce(response_model, request_model), feature
order by cost desc, provider_name nulls last, model nulls last, feature nulls last
