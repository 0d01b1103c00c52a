"""Conditions: what may be said, what may not, and that what runs is what was said."""

from collections.abc import Callable

import pytest

from llmaudit.analyses.conditions import condition
from llmaudit.errors import ConfigError
from llmaudit.store import Store

Fill = Callable[..., Store]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("feature = 'search'", "a"),
        ("FEATURE = 'search' -- and nothing else", "a"),
        ("feature <> 'search'", "b"),
        ("feature != 'search' or feature is null", "bc"),
        ("not feature = 'search'", "b"),
        ("feature is not null and (input_tokens > 10 or input_tokens between 1 and 2)", "ab"),
        ("feature in ('search', 'o''clock')", "ab"),
        ("feature not in ('search')", "b"),
        ("feature like 's%'", "a"),
        ("feature not like 's%'", "b"),
        ("feature ilike 'S_ARCH'", "a"),
        ("lower(upper(feature)) = 'search'", "a"),
        ("length(trim(feature)) = 7", "b"),
        ("coalesce(feature, tier, '') = ''", "c"),
        ("abs(input_tokens) >= 1.5e1", "a"),
        ("input_tokens > -1", "ab"),
        ("tags['team'] = 'core'", "a"),
        ("tags['it''s'] is null", "abc"),
        ("streamed", "a"),
        ("streamed is false", "b"),
        ("started_at >= '2026-10-01' and started_at < '2026-10-02 12:00:00'", "a"),
        ("effective_cost > 0.001", "a"),
        ("true", "abc"),
    ],
)
def test_what_a_condition_holds_for(fill: Fill, text: str, ids: str) -> None:
    a = {"feature": "search", "input_tokens": 20, "streamed": True, "tags": {"team": "core"}, "effective_cost": "0.002"}
    b = {"feature": "o'clock", "input_tokens": 2, "streamed": False, "tags": {}, "effective_cost": "0.001"}
    store = fill(
        {"call_id": "a", "started_at": "2026-10-01 10:00:00", **a},
        {"call_id": "b", "started_at": "2026-10-03 00:00:00", **b},
        {"call_id": "c"},
    )
    rows = store.rows(f"select call_id from calls where ({condition(text).sql}) order by call_id")
    assert "".join(row[0] for row in rows) == ids


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("input_tokns > 3", "input_tokns"),
        ("calls.feature = 'a'", "calls.feature"),
        ("feature = 'a'; drop table calls", "not a condition, at 'drop'"),
        ("feature = 'a' union select 1", "not a condition, at 'union'"),
        ("(select 1) = 1", "(SELECT 1)"),
        ("feature in (select key from meta)", "SELECT key FROM meta"),
        ("exists(select 1)", "EXISTS"),
        ("read_text('/etc/passwd') = 'x'", "READ_TEXT"),
        ("getenv('HOME') like '%'", "GETENV"),
        ("now() > started_at", "NOW"),
        ("feature = $name", "$name"),
        ("cast(feature as int) = 1", "CAST"),
        ("case when streamed then true end", "CASE"),
        ("input_tokens + 1 > 2", "input_tokens + 1"),
        ("trim(both 'x' from feature) = 'a'", "TRIM"),
        ("feature like 'a' escape '!'", "ESCAPE"),
        ("feature[1] = 'a'", "only tags have parts"),
        ("tags['a']['b'] = 'c'", "only tags have parts"),
        ("tags is null", "name the tag"),
        ("feature = null", "nothing equals null"),
        ("feature in ('a', null)", "nothing equals null"),
        ("feature > 3", "compares text with a number"),
        ("input_tokens = '3'", "compares a number with text"),
        ("streamed = 1", "compares a yes or no with a number"),
        ("started_at > 'lately'", "compares a time with text"),
        ("feature and streamed", "feature is text, not a yes or no"),
        ("feature", "is text, not a condition"),
        ("3", "is a number, not a condition"),
        ("feature = 'a' or", "not a condition"),
        ("", "1 to 4,000 characters"),
        ("feature = '" + "x" * 5_000 + "'", "1 to 4,000 characters"),
        ("(" * 1_500 + "streamed" + ")" * 1_500, "nested too deeply"),
        ("not " * 900 + "streamed", "nested too deeply"),
    ],
)
def test_what_a_condition_may_not_say(text: str, named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        condition(text)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("input_tokns > 3", "did you mean input_tokens?"),
        ("model = 'x'", "model is coalesce(response_model, request_model)"),
        ("modle = 'x'", "did you mean coalesce(response_model, request_model)?"),
        ("feature = search", "put text in single quotes: 'search'"),
        ("streamed and feature in ('faq', chat-prod)", "put text in single quotes: 'chat-prod'"),
        ("tags['team'] <> core", "put text in single quotes: 'core'"),
        ("user_id like abc", "put text in single quotes: 'abc'"),
        ("feature = respons_model", "put text in single quotes: 'respons_model'; or did you mean response_model?"),
        ('feature = "search"', "text is written in single quotes: 'search'"),
        ("prefix_hashes is null", "that one holds lists, which conditions do not look into"),
        ("started_at > 'lately'", "a time is written '2026-10-01' or '2026-10-01 13:30:00', in UTC"),
    ],
)
def test_what_to_write_instead(text: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        condition(text)
    assert caught.value.hint == hint


def test_the_columns_it_looks_at() -> None:
    assert condition("Feature = 'a' and tags['b'] = 'c'").columns == {"feature", "tags"}
