-- The rates with the plan's own cache prices: multiples of the input price, for the models that the step replays.
-- in: rates, prompt_cache_rules (per provider and model: the rules of its cache)   out: the columns of rates
-- params: read_multiplier, write_multiplier
select
    rates.provider_name, rates.model, service_tier, region, valid_from_us, valid_to_us, from_second_of_day,
    to_second_of_day, over_input_tokens, up_to_input_tokens,
    list_input,
    coalesce(cast(list_input * cast($read_multiplier as decimal(8, 4)) as decimal(18, 12)), list_cache_read)
        as list_cache_read,
    coalesce(cast(list_input * cast($write_multiplier as decimal(8, 4)) as decimal(18, 12)), list_cache_write)
        as list_cache_write,
    coalesce(cast(list_input * cast($write_multiplier as decimal(8, 4)) as decimal(18, 12)), list_cache_write_1h)
        as list_cache_write_1h,
    list_output,
    list_call,
    effective_input,
    coalesce(cast(effective_input * cast($read_multiplier as decimal(8, 4)) as decimal(18, 12)), effective_cache_read)
        as effective_cache_read,
    coalesce(cast(effective_input * cast($write_multiplier as decimal(8, 4)) as decimal(18, 12)), effective_cache_write)
        as effective_cache_write,
    coalesce(cast(effective_input * cast($write_multiplier as decimal(8, 4)) as decimal(18, 12)),
             effective_cache_write_1h) as effective_cache_write_1h,
    effective_output,
    effective_call,
    price_basis, priced_as, source, source_date
from rates
join prompt_cache_rules
    on prompt_cache_rules.provider_name = rates.provider_name and prompt_cache_rules.model = rates.model
