-- The models that answered the calls a routing step is about.
-- in: lever_input   out: one row per provider, model and service tier
select
    provider_name,
    coalesce(response_model, request_model) as model,
    service_tier,
    count(*) as calls
from lever_input
where fits and coalesce(response_model, request_model) is not null and coalesce(operation_name, '') <> 'embeddings'
group by provider_name, coalesce(response_model, request_model), service_tier
order by provider_name nulls last, model, service_tier
