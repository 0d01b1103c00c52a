"""The list of users: joined by keyed hash, checked line by line, never kept in plain."""

from pathlib import Path

import pytest

from llmaudit.attribution import AttributionRules, excluded_files, is_current, reattribute_if_changed
from llmaudit.errors import ConfigError
from llmaudit.ingest import functions
from llmaudit.store import Store, open_store

from .conftest import put, rules_of, whose


def tiers(store: Store, users: Path) -> dict[str, str | None]:
    return {call_id: tier for call_id, (_, tier, _) in whose(store, AttributionRules(users=users)).items()}


def test_hashed_and_plain_ids_find_their_tier(store: Store, tmp_path: Path) -> None:
    users = tmp_path / "users.csv"
    users.write_text('\ufeffname,tier , user_id\r\n"Ann, A.",pro,ann\r\n\r\nBob,,bob\r\nHex,free,0123456789abcdef\r\n')
    functions.install(store, exact_tokens=False, plain_user_ids=False)
    for user in ("ann", "bob", "0123456789abcdef"):
        put(store, f"{user} hashed", user_id=store.value("select keyed($user)", {"user": user}))
        put(store, f"{user} plain", user_id=user)
    assert tiers(store, users) == {
        "ann hashed": "pro",
        "ann plain": "pro",
        "bob hashed": None,
        "bob plain": None,
        "0123456789abcdef hashed": "free",
        "0123456789abcdef plain": "free",
    }


def test_the_same_user_twice_counts_each_call_once(store: Store, tmp_path: Path) -> None:
    users = tmp_path / "users.csv"
    users.write_text("user_id,tier\nann,pro\nann,pro\n")
    put(store, "a", user_id="ann")
    assert tiers(store, users) == {"a": "pro"}


def test_a_list_without_users_gives_no_tiers(store: Store, tmp_path: Path) -> None:
    users = tmp_path / "users.csv"
    users.write_text("user_id,tier\n")
    put(store, "a", user_id="ann")
    assert tiers(store, users) == {"a": None}


def test_a_changed_list_attributes_anew(store: Store, tmp_path: Path) -> None:
    users = tmp_path / "users.csv"
    users.write_text("user_id,tier\nann,free\n")
    put(store, "a", user_id="ann")
    rules = AttributionRules(users=users)
    assert tiers(store, users) == {"a": "free"}
    users.write_text("user_id,tier\nann,pro\n")
    assert not is_current(store, rules)
    assert tiers(store, users) == {"a": "pro"}
    elsewhere = tmp_path / "moved.csv"
    users.rename(elsewhere)
    assert is_current(store, AttributionRules(users=elsewhere))


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("user_id,teir\nann,pro\n", "users.csv:1: the column tier is missing", "did you mean teir?"),
        ("\nuser,plan\n", "users.csv:2: the column user_id is missing", "did you mean user?"),
        ("user_id,tier,tier\n", "users.csv:1: the column tier stands twice", None),
        ("", "users.csv: is empty", "its first line is: user_id,tier"),
        ("user_id,tier\nann,pro\nbob\n", "users.csv:3: has 1 fields, the header 2", "quotes"),
        ("user_id,tier\nA, B,pro\n", "users.csv:2: has 3 fields, the header 2", "quotes"),
        ("user_id,tier\n ,pro\n", "users.csv:2: has no user_id", None),
        ('user_id,tier\nann,"pro\n', "users.csv:2: is not CSV", None),
        ('user_id,tier\n"a\nb",pro\n"c"d,pro\n', "users.csv:4: is not CSV", None),
        (
            "user_id,tier\nann,pro\nbob,pro\nann,free\n",
            "users.csv:4: the user of line 2 has another tier here",
            "keep one line per user",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line(
    store: Store, tmp_path: Path, text: str, message: str, hint: str | None
) -> None:
    users = tmp_path / "users.csv"
    users.write_text(text)
    put(store, "a", {"feature": "own"}, user_id="ann")
    with pytest.raises(ConfigError) as caught:
        reattribute_if_changed(store, AttributionRules(users=users))
    assert message in str(caught.value)
    assert hint is None or hint in str(caught.value.hint)
    assert "ann" not in str(caught.value)
    assert store.rows("select feature from calls") == [(None,)]
    assert store.meta("attribution") is None


def test_a_file_that_is_not_there_or_not_text_is_an_error(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"users\.csv: the list of users cannot be read") as caught:
        is_current(store, AttributionRules(users=tmp_path / "users.csv"))
    assert "attribution.users" in str(caught.value.hint)
    latin = tmp_path / "latin.csv"
    latin.write_bytes(b"user_id,tier\nJos\xe9,pro\n")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        reattribute_if_changed(store, AttributionRules(users=latin))


def test_no_id_of_the_list_reaches_the_file(tmp_path: Path) -> None:
    users = tmp_path / "users.csv"
    users.write_text("user_id,tier\nann.canary@example.com,pro\nbob.canary@example.com,free\n")
    path = tmp_path / "a.duckdb"
    with open_store(path) as store:
        functions.install(store, exact_tokens=False, plain_user_ids=False)
        put(store, "a", user_id=store.value("select keyed('ann.canary@example.com')"))
        rules = rules_of(({"user_id": "bob.canary@example.com"}, {"feature": "x"}), users=users)
        assert whose(store, rules) == {"a": (None, "pro", None)}
        assert store.value("select count(*) from duckdb_tables() where table_name = 'attribution_users'") == 0
    assert b"canary" not in path.read_bytes()
    with open_store(path, read_only=True) as store:
        assert is_current(store, rules)


def test_the_list_is_not_a_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rules = AttributionRules(users=Path("lists/../users.csv"))
    assert excluded_files(rules) == {(tmp_path / "users.csv").resolve()}
    assert excluded_files(AttributionRules()) == frozenset()
