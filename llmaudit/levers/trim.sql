-- What each prompt would be with fewer documents and a summary in place of old turns.
-- in: lever_input, trim_documents (the place, from 1, and tokens of each document that was counted)
-- out: one row per call that gets shorter: the columns that change, what was dropped, and the summary that it is the
--      first to use (summary_of: the tokens summed up; null where it uses none, or one that was made before)
-- params: top_k, keep_turns, summary_tokens, summarize_every
--
-- A null $top_k or $keep_turns leaves that part alone. Shares of a segment that is not counted piece by piece are
-- proportional, rounded half up.
with positions as (
    -- Calls without a conversation would all fall into one window.
    select
        call_id,
        cast(sum(case when status = 'ok' then 1 else 0 end) over (
            partition by conversation_id order by started_at_us, call_id
            rows between unbounded preceding and current row) as bigint)
            - case when status = 'ok' then 1 else 0 end as earlier_turns
    from lever_input
    where conversation_id is not null and started_at_us is not null
),
counted as (
    select call_id, cast(sum(case when place > $top_k then tokens else 0 end) as bigint) as beyond_tokens
    from trim_documents
    group by call_id
),
chosen as (
    select
        lever_input.call_id,
        conversation_id,
        started_at_us,
        input_tokens,
        coalesce(history_tokens, 0) as history,
        coalesce(context_tokens, 0) as context,
        context_documents as documents,
        beyond_tokens,
        least(coalesce(system_tokens, 0) + coalesce(tool_definition_tokens, 0), input_tokens) as static_tokens,
        cache_read_input_tokens as old_read,
        cache_creation_input_tokens as old_write,
        cache_creation_1h_input_tokens as old_long_write,
        prefix_block_tokens,
        case when conversation_id is null then user_tokens + output_tokens end as turn_tokens,
        case when earlier_turns > $keep_turns then earlier_turns end as turns,
        -- The turns that the newest summary covers: it is made when a turn first stands beyond those kept, then once
        -- for every $summarize_every more.
        case when earlier_turns > $keep_turns
             then earlier_turns - $keep_turns - (earlier_turns - $keep_turns - 1) % $summarize_every end as covered_turns
    from lever_input
    left join positions on positions.call_id = lever_input.call_id
    left join counted on counted.call_id = lever_input.call_id
    where fits and input_tokens is not null
),
shared as (
    select
        chosen.*,
        case when documents > $top_k and beyond_tokens is not null then beyond_tokens
             when documents > $top_k
             then context - cast(floor(cast(context * $top_k as double) / documents + 0.5) as bigint)
             else 0 end as dropped_context,
        case when turns is not null
             then history - cast(floor(cast(history * (turns - covered_turns) as double) / turns + 0.5) as bigint)
             -- Without a conversation, every turn is taken to be as long as this one.
             when turn_tokens is not null and $keep_turns is not null
             then greatest(history - turn_tokens * $keep_turns, 0)
             else 0 end as old_history
    from chosen
),
summed as (
    select
        shared.*,
        -- A summary that is no shorter than what it sums up is not made.
        case when old_history > $summary_tokens then old_history else 0 end as summed_up,
        case when old_history > $summary_tokens then old_history - $summary_tokens else 0 end as dropped_history
    from shared
),
shorter as (
    select
        summed.*,
        least(dropped_context + dropped_history, input_tokens - static_tokens) as dropped,
        least(coalesce(old_read, 0), static_tokens) as kept_read
    from summed
    where dropped_context + dropped_history > 0 and input_tokens > static_tokens
),
uses as (
    select
        call_id,
        row_number() over (partition by conversation_id, covered_turns order by started_at_us, call_id) as use_number
    from shorter
    where summed_up > 0 and conversation_id is not null
),
cached as (
    select shorter.*, least(coalesce(old_write, 0), static_tokens - kept_read) as kept_write
    from shorter
)
select
    cached.call_id,
    -- Exact is what leaves a prompt as it was counted, and takes nothing from what was cached.
    case when beyond_tokens is not null and dropped = dropped_context and dropped_history = 0
              and coalesce(old_read, 0) = kept_read and coalesce(old_write, 0) = kept_write
         then 'measured' else 'estimated' end as basis,
    input_tokens - dropped as input_tokens,
    -- A null leaves a column as it was.
    case when old_read > kept_read then kept_read end as cache_read_input_tokens,
    case when old_write > kept_write then kept_write end as cache_creation_input_tokens,
    case when old_long_write > kept_write then kept_write end as cache_creation_1h_input_tokens,
    case when dropped_history > 0 then history - dropped_history end as history_tokens,
    case when dropped_context > 0 then context - dropped_context end as context_tokens,
    case when dropped_context > 0 then cast($top_k as bigint) end as context_documents,
    -- How many blocks of the prompt lie wholly before the first that trimming touches.
    case when prefix_block_tokens > 0 then cast(floor(static_tokens / prefix_block_tokens) as bigint) else 0 end
        as kept_blocks,
    dropped,
    case when dropped_context > 0 then documents - cast($top_k as bigint) else 0 end as dropped_documents,
    coalesce(old_read, 0) - kept_read as lost_read,
    case when summed_up > 0 and coalesce(use_number, 1) = 1 then summed_up end as summary_of
from cached
left join uses on uses.call_id = cached.call_id
