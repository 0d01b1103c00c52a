-- Everything beside `calls`.

-- The ledger: what was read, as it was then.
create table sources (
    source_id integer primary key,
    name varchar not null,
    signature varchar not null,
    read_settings varchar not null,
    format varchar not null,
    size_bytes bigint,
    records bigint not null,
    calls_added bigint not null,
    scores_added bigint not null,
    duplicates bigint not null,
    skipped bigint not null,
    unreadable bigint not null,
    read_at timestamp not null
);

-- How good answers were, as somebody judged: one value per call, model, name of the score, and who judged. Without a
-- model it is the logged answer, with one it is what that model answered to the same request. A score whose call was never
-- read is kept: its log may come later. One that names a response without its provider has no call_id till then.
create table scores (
    call_id varchar,
    response_id varchar,
    model varchar,
    name varchar not null,
    value double not null,
    source varchar not null,
    source_id integer not null,
    record_number bigint not null
);

-- Records that could not be read, and as a row without a record, what ended a file early. What they said is not kept: it
-- may be a secret.
create table unreadable (
    source_id integer not null,
    record_number bigint,
    line bigint,
    reason varchar not null
);

-- USD per token (`_call`: per request). List is the public price, effective what is left after the user's own prices.
create table rates (
    provider_name varchar not null,
    model varchar not null,
    service_tier varchar not null,
    region varchar not null,
    valid_from_us bigint not null,
    valid_to_us bigint not null,
    from_second_of_day integer not null,
    to_second_of_day integer not null,
    over_input_tokens bigint not null,
    up_to_input_tokens bigint not null,
    list_input decimal(18, 12),
    list_cache_read decimal(18, 12),
    list_cache_write decimal(18, 12),
    list_cache_write_1h decimal(18, 12),
    list_output decimal(18, 12),
    list_call decimal(18, 12),
    effective_input decimal(18, 12),
    effective_cache_read decimal(18, 12),
    effective_cache_write decimal(18, 12),
    effective_cache_write_1h decimal(18, 12),
    effective_output decimal(18, 12),
    effective_call decimal(18, 12),
    price_basis varchar not null,
    priced_as varchar not null,
    source varchar not null,
    source_date date
);

create table meta (name varchar primary key, value varchar not null)
