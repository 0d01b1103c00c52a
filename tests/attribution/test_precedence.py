"""Which word wins: the first rule that holds, then the log's own, then the list of users, then none."""

from pathlib import Path

from llmaudit.attribution import AttributionRules, attributed, is_current, reattribute_if_changed
from llmaudit.store import Store

from .conftest import features, put, rules_of, whose


def test_without_rules_the_logs_own_word_stands(store: Store) -> None:
    put(store, "said", {"feature": "chat", "tier": "pro", "environment": "production"})
    put(store, "silent", {"app": "chat"})
    put(store, "blank", {"feature": "", "tier": ""})
    store.run("insert into calls (call_id, source_id) values ('no tags', 1)")
    assert whose(store, AttributionRules()) == {
        "said": ("chat", "pro", "production"),
        "silent": (None, None, None),
        "blank": (None, None, None),
        "no tags": (None, None, None),
    }


def test_the_first_rule_wins_for_each_attribute_by_itself(store: Store) -> None:
    put(store, "a", {"app": "bot", "env": "prod", "feature": "own", "environment": "own"})
    rules = rules_of(
        ({"metadata.app": "bot"}, {"environment": "production"}),
        ({"metadata.env": "prod"}, {"feature": "assistant", "environment": "other"}),
        ({"metadata.app": "bot"}, {"feature": "late", "tier": "pro"}),
    )
    assert whose(store, rules) == {"a": ("assistant", "pro", "production")}


def test_every_condition_of_a_rule_has_to_hold(store: Store) -> None:
    put(store, "both", {"app": "bot", "env": "prod"})
    put(store, "one", {"app": "bot", "env": "test"})
    put(store, "other", {"env": "prod"})
    found = features(store, ({"metadata.app": "bot", "metadata.env": "prod"}, {"feature": "x"}))
    assert found == {"both": "x", "one": None, "other": None}


def test_a_list_holds_where_one_of_it_fits(store: Store) -> None:
    for app in ("a", "b", "c-1", "d"):
        put(store, app, {"app": app})
    assert features(store, ({"metadata.app": ["a", "b", "c-*"]}, {"feature": "x"})) == {
        "a": "x",
        "b": "x",
        "c-1": "x",
        "d": None,
    }


def test_a_rule_without_conditions_always_holds(store: Store) -> None:
    put(store, "a", {"app": "bot"})
    put(store, "b")
    found = features(store, ({"metadata.app": "bot"}, {"feature": "bot"}), ({}, {"feature": "rest"}))
    assert found == {"a": "bot", "b": "rest"}


def test_conditions_see_the_logs_word_and_not_what_rules_set(store: Store) -> None:
    put(store, "a", {"feature": "old"})
    assert features(
        store,
        ({"feature": "new"}, {"feature": "wrong"}),
        ({"feature": "old"}, {"feature": "new"}),
    ) == {"a": "new"}


def test_the_tier_comes_from_a_rule_then_the_log_then_the_users(store: Store, tmp_path: Path) -> None:
    users = tmp_path / "users.csv"
    users.write_text("user_id,tier\nann,pro\n")
    put(store, "rule", {"tier": "own", "app": "vip"}, user_id="ann")
    put(store, "log", {"tier": "own"}, user_id="ann")
    put(store, "list", user_id="ann")
    put(store, "stranger", user_id="bob")
    put(store, "nobody")
    found = whose(store, rules_of(({"metadata.app": "vip"}, {"tier": "vip"}), users=users))
    assert {call_id: attributes[1] for call_id, attributes in found.items()} == {
        "rule": "vip",
        "log": "own",
        "list": "pro",
        "stranger": None,
        "nobody": None,
    }


def test_changed_rules_need_no_ingest(store: Store) -> None:
    put(store, "a", {"app": "bot", "feature": "own"}, list_cost="1.5")
    before = store.rows("select * exclude (feature, tier, environment) from calls")
    first, second = rules_of(({"metadata.app": "bot"}, {"feature": "x"})), AttributionRules()
    assert not is_current(store, first)
    assert reattribute_if_changed(store, first)
    assert is_current(store, first)
    assert not is_current(store, second)
    assert not reattribute_if_changed(store, first)
    assert store.rows("select feature from calls") == [("x",)]
    assert reattribute_if_changed(store, second)
    assert store.rows("select feature from calls") == [("own",)]
    assert store.rows("select * exclude (feature, tier, environment) from calls") == before


def test_rows_that_are_about_to_be_inserted_are_attributed_alike(store: Store) -> None:
    put(store, "a", {"app": "bot"}, source_id=7)
    store.run("create temp table fresh as select *, true as known from calls")
    store.bind("source_names", "select 7 as source_id, 'logs/eu/a.jsonl' as name")
    query = attributed(store, "fresh", rules_of(({"path": "eu/"}, {"feature": "x", "environment": "eu"})))
    assert store.rows(f"select call_id, source_id, known, feature, tier, environment from ({query})") == [
        ("a", 7, True, "x", None, "eu")
    ]
    columns = {row[0] for row in store.rows(f"describe {query}")}
    assert columns == {row[0] for row in store.rows("describe fresh")}
