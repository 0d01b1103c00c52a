"""Globs: `*` and `?` are special, nothing else is, and no pattern is ever SQL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmaudit.attribution import AttributionRules, attributed
from llmaudit.store import Store, open_store

from .conftest import features, put, rules_of


@pytest.mark.parametrize(
    ("pattern", "fits", "differs"),
    [
        ("bot", "bot", "bots"),
        ("bot", "bot", "Bot"),
        ("bot*", "bot", "abot"),
        ("*bot", "a bot", "bot 1"),
        ("*bot*", "a bot 1", "b ot"),
        ("b*t", "bait", "baits"),
        ("b**t", "bt", "b"),
        ("b?t", "büt", "bt"),
        ("?", "é", "ab"),
        ("*", "anything\nat all", None),
        ("?*", "x", ""),
        ("[ab]*", "[ab]c", "ac"),
        ("x[!a]?", "x[!a]y", "xby"),
        ("100%", "100%", "1000"),
        ("100%*x", "100% x", "1000x"),
        ("a_b*c", "a_b-c", "axb-c"),
        ("a_b", "a_b", "axb"),
        ("a^%*b", "a^%-b", "a^-b"),
        ("it's", "it's", "its"),
        ("it's*?", "it's!", "its!"),
        ('"q"*', '"q"s', "qs"),
        ("a\\*", "a\\b", "a*"),
        ("a\\?b*c", "a\\xbc", "a?bc"),
        ("line\n*end", "line\nxend", "linexend"),
        ("$x", "$x", "x"),
        ("{0}*", "{0}", "0"),
    ],
)
def test_only_stars_and_question_marks_are_special(store: Store, pattern: str, fits: str, differs: str | None) -> None:
    put(store, "fits", {"t": fits})
    put(store, "differs", None if differs is None else {"t": differs})
    assert features(store, ({"tag.t": pattern}, {"feature": "x"})) == {"fits": "x", "differs": None}


@pytest.mark.parametrize(
    "hostile",
    [
        "'; drop table calls; --",
        "' or 1=1 --",
        "x' || (select value from meta where name = 'key') || '*",
        "') then 'owned' when ('' = '*",
        "\\'; drop table calls; --*x?",
        "$key",
        "/* */ -- ' \" `",
        "a\0b'",
    ],
)
def test_no_setting_is_ever_sql(store: Store, hostile: str) -> None:
    put(store, "target", {"t": hostile, hostile: "v"}, project_id=hostile)
    put(store, "bystander", {"t": "innocent"})
    put(store, "json", {"t": "{}"})
    for when in (
        {"tag.t": hostile},
        {f"tag.{hostile}": "v"},
        {"project_id": [hostile, "none*?"]},
    ):
        found = features(store, (when, {"feature": hostile}))
        assert found == {"target": hostile, "bystander": None, "json": None}
    for when in ({"metadata.t." + hostile.replace(".", "_"): "v"}, {"user_id": hostile}, {"path": hostile}):
        assert features(store, (when, {"feature": hostile})) == {"target": None, "bystander": None, "json": None}
    assert store.value("select count(*) from calls") == 3


words = st.text(alphabet="ab*?[]'%_^\\ü", max_size=6)
calls = st.lists(st.tuples(words, words, st.sampled_from([None, "u1", "u2"])), max_size=6)
whens = st.dictionaries(
    st.sampled_from(["tag.t", "metadata.t.a", "project_id", "user_id", "path", "model"]),
    st.lists(words.filter(bool), min_size=1, max_size=2),
    max_size=2,
)
rule_lists = st.lists(
    st.tuples(whens, st.sampled_from([{"feature": "f"}, {"tier": "t", "environment": "e'"}])), max_size=4
)


@given(calls=calls, rules=rule_lists)
def test_attributing_changes_no_row_and_no_other_column(
    calls: list[tuple[str, str, str | None]], rules: list[tuple[dict[str, list[str]], dict[str, str]]]
) -> None:
    with open_store(":memory:") as store:
        store.bind("source_names", "select 1 as source_id, 'a/b' as name")
        for number, (tag, project_id, user_id) in enumerate(calls):
            put(store, str(number), {"t": tag}, source_id=number % 3, project_id=project_id, user_id=user_id)
        before = store.rows("select * exclude (feature, tier, environment) from calls order by call_id")
        query = attributed(store, "calls", rules_of(*rules) if rules else AttributionRules())
        assert store.rows(f"select * exclude (feature, tier, environment) from ({query}) order by call_id") == before


def fits(pattern: str, text: str) -> bool:
    """Whether a glob fits, letter by letter."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(fits(pattern[1:], text[n:]) for n in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and fits(pattern[1:], text[1:])


@given(pattern=words.filter(bool), texts=st.lists(words, min_size=1, max_size=5, unique=True))
def test_a_pattern_means_what_a_letter_by_letter_reading_says(pattern: str, texts: list[str]) -> None:
    with open_store(":memory:") as store:
        for text in texts:
            put(store, text, {"t": text})
        found = features(store, ({"tag.t": pattern}, {"feature": "x"}))
    assert {text for text, feature in found.items() if feature} == {text for text in texts if fits(pattern, text)}
