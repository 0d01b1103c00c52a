-- Words that every reader's query may use. $store_key, $secret_pattern, $exact_tokens and $plain_user_ids are put in when
-- a connection is given these words.

-- A secret or an id as a short keyed fingerprint: the same within a store, meaningless outside it.
create or replace temp macro keyed(secret) as left(sha256($store_key || secret), 16);

-- An instant from seconds since 1970; one that no log can mean becomes a sentinel that the validation finds.
create or replace temp macro from_epoch(seconds) as
    case when seconds between 0 and 253402300799 then make_timestamp(cast(round(seconds * 1000000) as bigint))
         when seconds is not null then timestamp '0001-01-01' end;

-- An instant from what logs write: ISO text with or without zone (UTC then), or a number of seconds, milliseconds
-- (from 10^11 on) or microseconds (from 10^14 on) since 1970.
create or replace temp macro instant(written) as
    case
        when written is null then null
        -- What nearly all logs write, and what needs no calendar of time zones.
        when ends_with(written, 'Z') and not contains(written, ' ')
            then coalesce(try_cast(written as timestamp), timestamp '0001-01-01')
        when try_cast(written as double) is not null then
            from_epoch(try_cast(written as double) / case when try_cast(written as double) >= 1e14 then 1e6
                                                          when try_cast(written as double) >= 1e11 then 1e3 else 1 end)
        else coalesce(cast(try_cast(written as timestamptz) as timestamp), timestamp '0001-01-01')
    end;

-- The canonical prompt cut into blocks of 512 characters (about 128 tokens, the step in which OpenAI caches), each
-- named by a hash of itself and all before it: a running bit_xor over the hashes of (position, block).
create or replace temp macro block_hashes(prompt) as
    list_transform(range(0, cast(ceil(length(prompt) / 512.0) as bigint)),
                   lambda i: hash($store_key, i, substring(prompt, cast(i * 512 + 1 as bigint), 512)) >> 1);
create or replace temp macro chained(hashes) as
    list_transform(range(1, len(hashes) + 1), lambda i: cast(list_aggregate(hashes[1:i], 'bit_xor') as bigint));

-- Message content is a text or a list of parts; this is its text.
create or replace temp macro content_text(content) as
    case json_type(content) when 'VARCHAR' then content ->> '$'
         when 'ARRAY' then array_to_string(content ->> '$[*].text', chr(10)) end;

-- Messages as (role, content), whatever else they carry.
create or replace temp macro turns_of(messages) as
    case when json_type(messages) = 'ARRAY'
         then from_json(messages, '[{"role": "VARCHAR", "content": "JSON"}]') end;

-- Where loggers put the conversation when it has no field of its own.
create or replace temp macro conversation_in(metadata) as
    coalesce(metadata ->> '$.conversation_id', metadata ->> '$.session_id', metadata ->> '$.thread_id');

-- How a call ended, from its HTTP status and the provider's word for the error.
create or replace temp macro status_of(http_status, error_type) as
    case
        when http_status = 429 or error_type ilike '%rate%limit%' then 'rate_limited'
        when http_status in (408, 504) or error_type ilike '%timeout%' then 'timeout'
        when http_status = 499 or error_type ilike '%cancel%' then 'cancelled'
        when http_status >= 400 or error_type is not null then 'error'
        else 'ok'
    end;

-- The wire's words for a service tier.
create or replace temp macro tier_of(wire) as
    case lower(wire) when 'default' then 'standard' when 'auto' then 'standard' when 'on_demand' then 'standard'
                     when 'scale' then 'standard' else lower(wire) end
;

-- A count is whole, not negative, and not absurd; an unknown one is no objection.
create or replace temp macro is_count(number) as
    number is null or (number between 0 and 999999999999 and number = trunc(number));

-- The share of a segment in the reported input, so that the segments add up to it; counted tokens stay as counted.
create or replace temp macro segment(begins, ends, whole, tokens, counted) as
    case when whole is null then null
         when counted then cast(ends - begins as bigint)
         else cast(round(tokens * ends / whole) - round(tokens * begins / whole) as bigint) end;

-- Whether a credential stands in a text. Short ones cannot hold one.
create or replace temp macro holds_secret(written) as strlen(written) >= 19 and regexp_matches(written, $secret_pattern);
-- Credentials in a text, blotted out. In a lambda the pattern is compiled where a record comes to it, which few do, and
-- not for each column of each statement.
create or replace temp macro blotted_out(written) as
    list_transform([written], lambda name: regexp_replace(name, $secret_pattern, '[redacted]', 'g'))[1];
-- Free text that should be a name.
create or replace temp macro without_secrets(name) as case when holds_secret(name) then blotted_out(name) else name end;
create or replace temp macro key_name(name) as case when holds_secret(name) then keyed(name) else nullif(name, '') end;
-- The same for a record that is suspect, as one of its names holds a credential, or not.
create or replace temp macro safe_name(is_suspect, name) as case when is_suspect then blotted_out(name) else name end;
create or replace temp macro safe_key_name(is_suspect, name) as
    case when is_suspect and blotted_out(name) <> name then keyed(name) else nullif(name, '') end;

-- Tags from (key, value) entries, without those that have no value. Values are blotted before, not in the lambda: there
-- the pattern would be compiled anew for every chunk of rows.
create or replace temp macro named_tags(entries) as
    map_from_entries(list_filter(entries, lambda entry: entry.value is not null));

-- The entries of an object. One that holds a credential as a name is left out: two of them would be the same name.
create or replace temp macro blotted_entries(object) as
    case when strlen(object) >= 20 and regexp_matches(object, '"' || $secret_pattern || '"\s*:') then null
         else map_entries(cast(cast(without_secrets(object) as json) as map(varchar, varchar))) end;

-- Metadata objects become tags; long values are text rather than tags and are left out.
create or replace temp macro metadata_tags(metadata) as
    case when json_type(metadata) = 'OBJECT' then
        map_from_entries(list_filter(blotted_entries(cast(metadata as varchar)),
                                     lambda entry: entry.value is not null and strlen(entry.value) <= 256)) end;

-- Retrieved documents stand in a prompt between <document …> and </document>, or as parts of type "document".
create or replace temp macro context_of(content) as
    case when contains(content, '<document') then regexp_extract(content, '(?s)<document.*</document>')
         when contains(content, '"type":"document"') then regexp_extract(content, '(?s)\{[^{}]*"type":"document".*\}')
    end;
create or replace temp macro documents_in(context) as
    (strlen(context) - strlen(replace(context, '<document', ''))) // 9
    + (strlen(context) - strlen(replace(context, '"type":"document"', ''))) // 17;

-- What a user wrote, without the documents that stand in the same message.
create or replace temp macro own_words(content) as
    case when contains(content, '<document') then regexp_replace(content_text(content), '(?s)<document.*</document>', '')
         else content_text(content) end;
-- Whether a question is technical. Kept narrow: a plain sentence that names a price or a date is neither.
create or replace temp macro looks_like_code(words) as
    regexp_matches(words, '```|\b(?:def|class) \w+\s*[(:]|\bfunction\s*\w*\s*\(|#include\s*[<"]|\bSELECT\b[^.?!]{1,200}\bFROM\b|\b(?:const|let|var) \w+ = |=> ?[{(]|Traceback \(most recent call last\)|(?m)^\s*(?:import|from) [\w.]+(?: import .*|;)?$');
create or replace temp macro looks_like_maths(words) as
    regexp_matches(words, '[∑∫√∂∞≤≥≠≈∀∃∈]|\\(?:frac|sum|int|sqrt|lim|begin)\b|\b\w\^[\w{(]|(?i)\b(?:solve for|prove that|derivative of|integral of|(?:quadratic|differential|linear) equation|theorem|probability (?:of|that))\b');

-- What the person asked for.
create or replace temp macro wants_exact_tokens() as $exact_tokens;
create or replace temp macro wants_plain_user_ids() as $plain_user_ids;
create or replace temp macro request_hash_seed() as $store_key;

-- JSON that stands as text inside JSON, taken out of it; null where the text is not JSON.
create or replace temp macro unwrapped(value) as
    case when json_type(value) = 'VARCHAR' then try_cast(value ->> '$' as json) else value end;

-- Tags from a list of words: 'feature:search' says feature=search, a plain 'beta' says beta=true. A name that stands
-- twice keeps its first value (LiteLLM adds two tags 'User-Agent: …' to every row).
create or replace temp macro blotted(words) as
    case when regexp_matches(array_to_string(words, ' '), $secret_pattern)
         then list_transform(words, lambda word: regexp_replace(word, $secret_pattern, '[redacted]', 'g')) else words end;
create or replace temp macro listed_entries(words) as
    list_transform(list_filter(blotted(words), lambda word: trim(word) <> '' and strlen(word) <= 256), lambda word: {
        'key': trim(split_part(word, ':', 1)),
        'value': case when contains(word, ':') then trim(substring(word, strpos(word, ':') + 1)) else 'true' end});
create or replace temp macro listed_tags(words) as
    case when len(words) > 0 then
        named_tags(list_filter(listed_entries(words), lambda entry, place:
            list_position(list_transform(listed_entries(words), lambda other: other.key), entry.key) = place)) end;

-- Tags as loggers write them: an object of names and values, or a list of words.
create or replace temp macro tags_of(written) as
    case when json_type(written) = 'ARRAY' then listed_tags(from_json(written, '["VARCHAR"]'))
         else metadata_tags(written) end;

-- The system prompt: every message of the system and the developer, wherever it stands.
create or replace temp macro instructions_in(messages) as
    nullif(array_to_string(list_transform(
        list_filter(messages, lambda turn: turn.role in ('system', 'developer')),
        lambda turn: content_text(turn.content)), chr(10)), '');

-- LiteLLM's words for providers and operations.   Source: docs.litellm.ai/docs/providers, litellm 1.109.1
-- `types/utils.py` (LlmProviders, CallTypes), read 2026-11-23.
create or replace temp macro litellm_provider(name) as
    case name
        when 'azure' then 'azure.ai.openai' when 'azure_text' then 'azure.ai.openai'
        when 'azure_ai' then 'azure.ai.inference'
        when 'bedrock' then 'aws.bedrock' when 'bedrock_converse' then 'aws.bedrock'
        when 'vertex_ai' then 'gcp.vertex_ai' when 'vertex_ai_beta' then 'gcp.vertex_ai'
        when 'gemini' then 'gcp.gemini' when 'mistral' then 'mistral_ai' when 'xai' then 'x_ai'
        when 'moonshot' then 'moonshot_ai' when 'cohere_chat' then 'cohere' when 'text-completion-openai' then 'openai'
        when 'watsonx' then 'ibm.watsonx.ai'
        else nullif(name, '')
    end;
create or replace temp macro litellm_operation(call_type) as
    case when call_type in ('embedding', 'aembedding') then 'embeddings'
         when call_type in ('text_completion', 'atext_completion') then 'text_completion'
         when call_type in ('completion', 'acompletion', 'responses', 'aresponses', 'anthropic_messages',
                            'generate_content', 'agenerate_content') then 'chat'
         else call_type end
