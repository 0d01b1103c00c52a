-- What the texts of prompts and answers say, where a log has them: segments, hashes, what was asked, and tokens that no
-- usage gives. Its own counts outrank what is found here.
-- in: logged (a reader's rows, columns it does not know null)   out: the same rows, and what it took to find out
with split as (
    select
        *,
        coalesce(response_model, request_model) as model,
        -- The question is the last message of the user; what follows it (tool calls and results) is history.
        list_filter(turns, lambda turn: turn.role = 'user')[-1].content as question
    from logged
),
texts as (
    select
        *,
        wants_exact_tokens() and has_tokenizer(provider_name, model) as exact,
        context_of(question) as context_text,
        own_words(question) as question_text,
        array_to_string(list_transform(turns, lambda turn: turn.content), chr(10)) as turns_text
    from split
),
sized as (
    select
        *,
        case when exact then tokens_of(provider_name, model, system_text) else strlen(system_text) end as system_size,
        case when exact then tokens_of(provider_name, model, tools_text) else strlen(tools_text) end as tools_size,
        case when exact then tokens_of(provider_name, model, context_text) else strlen(context_text) end as context_size,
        case when exact then tokens_of(provider_name, model, content_text(question)) else strlen(question) end
            as question_size,
        case when exact then tokens_of(provider_name, model, array_to_string(
                list_transform(turns, lambda turn: content_text(turn.content)), chr(10)))
             else strlen(turns_text) end as turns_size,
        case when input_tokens is null and status = 'ok' and prompt_text is not null
             then tokens_of(provider_name, model, prompt_text) end as counted_input_tokens,
        case when output_tokens is null and status = 'ok' and answer_text is not null
             then tokens_of(provider_name, model, answer_text) end as counted_output_tokens,
        case when prompt_text is not null then block_hashes(prompt_text) end as blocks
    from texts
),
shared as (
    select
        *,
        coalesce(input_tokens, counted_input_tokens) as known_input,
        coalesce(output_tokens, counted_output_tokens) as known_output,
        -- The prompt as a line: tools, system, history, context, question; where each segment ends on it.
        coalesce(tools_size, 0) as tools_end,
        coalesce(tools_size, 0) + coalesce(system_size, 0) as system_end,
        coalesce(tools_size, 0) + coalesce(system_size, 0) + turns_size - coalesce(question_size, 0) as history_end,
        coalesce(tools_size, 0) + coalesce(system_size, 0) + turns_size - coalesce(question_size, 0)
            + coalesce(context_size, 0) as context_end,
        nullif(coalesce(tools_size, 0) + coalesce(system_size, 0) + turns_size, 0) as whole
    from sized
)
select
    * replace (
        known_input as input_tokens,
        known_output as output_tokens,
        coalesce(token_basis, case when input_tokens is null and counted_input_tokens is not null then 'counted' end)
            as token_basis,
        coalesce(system_prompt_hash, left(sha256(system_text), 16)) as system_prompt_hash,
        coalesce(system_tokens, segment(tools_end, system_end, whole, known_input, exact)) as system_tokens,
        coalesce(tool_definition_tokens, segment(0, tools_end, whole, known_input, exact)) as tool_definition_tokens,
        coalesce(history_tokens, segment(system_end, history_end, whole, known_input, exact)) as history_tokens,
        coalesce(context_tokens, segment(history_end, context_end, whole, known_input, exact)) as context_tokens,
        coalesce(context_documents,
                 case when turns is not null then coalesce(cast(documents_in(context_text) as bigint), 0) end)
            as context_documents,
        coalesce(user_tokens, segment(context_end, whole, whole, known_input, exact)) as user_tokens,
        coalesce(history_messages, greatest(len(turns) - 1, 0)) as history_messages,
        coalesce(question_has_code, looks_like_code(question_text)) as question_has_code,
        coalesce(question_has_maths, looks_like_maths(question_text)) as question_has_maths,
        case when turns is null then segment_basis when exact then 'counted'
             when known_input is not null then 'estimated' end as segment_basis,
        coalesce(input_bytes, strlen(prompt_text)) as input_bytes,
        coalesce(output_bytes, strlen(answer_text)) as output_bytes,
        coalesce(prefix_hashes, chained(blocks)) as prefix_hashes,
        -- How many tokens one block of the prompt holds, the reported input shared out evenly over its characters.
        coalesce(prefix_block_tokens, known_input * 512.0 / nullif(length(prompt_text), 0)) as prefix_block_tokens
    )
from shared
