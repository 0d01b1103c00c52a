-- What changes under the policy chosen for each feature: the tokens read from and written to the provider's cache.
-- in: prompt_cache_options (prompt_cache_options.sql), prompt_cache_choices (per feature the policy, or `logged`: none)
-- out: one row per call that changes
select
    call_id,
    basis,
    new_read as cache_read_input_tokens,
    new_write as cache_creation_input_tokens,
    new_write_1h as cache_creation_1h_input_tokens
from prompt_cache_options
join prompt_cache_choices
    on prompt_cache_choices.feature_name = prompt_cache_options.feature_name
    and prompt_cache_choices.policy = prompt_cache_options.policy
where not as_logged
