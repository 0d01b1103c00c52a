-- How many tokens two models made of how many bytes, feature by feature.
-- in: calls, route_sides (provider_name, model, side: 1 for the target, 0 for the source)
-- out: one row per side and feature: calls, tokens and bytes of prompts and of answers, where the log has both
select
    side,
    feature,
    cast(sum(case when input_tokens > 0 and input_bytes > 0 then 1 else 0 end) as bigint) as prompts,
    cast(coalesce(sum(case when input_bytes > 0 then input_tokens end), 0) as bigint) as prompt_tokens,
    cast(coalesce(sum(case when input_tokens > 0 then input_bytes end), 0) as bigint) as prompt_bytes,
    cast(sum(case when output_tokens > 0 and output_bytes > 0 then 1 else 0 end) as bigint) as answers,
    cast(coalesce(sum(case when output_bytes > 0 then output_tokens - coalesce(reasoning_output_tokens, 0) end), 0)
         as bigint) as answer_tokens,
    cast(coalesce(sum(case when output_tokens > 0 then output_bytes end), 0) as bigint) as answer_bytes
from calls
join route_sides
    on route_sides.provider_name = coalesce(calls.provider_name, '')
    and route_sides.model = coalesce(response_model, request_model)
where status = 'ok' and feature is not null
group by side, feature
order by side, feature
