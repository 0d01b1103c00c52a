-- $copies companies of the sample month each: the same calls at the same times, and nothing in common: no prompt, no
-- request, no conversation. What is saved is that of one company times their number, to the last decimal.
insert into calls by name
select * exclude (started_at_us, company) replace (
    call_id || '-' || company as call_id,
    'company-' || company as project_id,
    user_id || '-' || company as user_id,
    conversation_id || '-' || company as conversation_id,
    cast(hash(request_hash, company) >> 1 as bigint) as request_hash,
    [cast(hash(prefix, company) >> 1 as bigint) for prefix in prefix_hashes] as prefix_hashes
)
from month.calls, (select range as company from range($copies))
order by started_at, company
