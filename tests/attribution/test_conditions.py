"""What each key of `when` is compared with."""

from typing import Any

import pytest

from llmaudit.attribution.conditions import keyed
from llmaudit.ingest import functions
from llmaudit.store import Store

from .conftest import features, put, put_source

FAQ_PROMPT_SHA256 = "9f76b9d398a5f9bcbc35e9e8551b37284ea4be18b5e2c16b592ad2611658f3e7"


@pytest.mark.parametrize(
    ("key", "pattern", "columns"),
    [
        ("api_key_alias", "search-*", {"tags": {"api_key_alias": "search-prod"}}),
        ("api_key_id", "search-prod", {"api_key_id": "search-prod"}),
        ("project_id", "proj_?", {"project_id": "proj_1"}),
        ("conversation_id", "c*9", {"conversation_id": "c-19"}),
        ("service_tier", "batch", {"service_tier": "batch"}),
        ("provider", "openai", {"provider_name": "openai"}),
        ("operation", "embed*", {"operation_name": "embeddings"}),
        ("model", "gpt-4o*", {"request_model": "gpt-4o", "response_model": "azure-7"}),
        ("model", "gpt-4o*", {"request_model": "alias", "response_model": "gpt-4o-2024-08-06"}),
        ("model", "gpt-4o*", {"response_model": "gpt-4o-2024-08-06"}),
        ("tag.team.name", "blue", {"tags": {"team.name": "blue"}}),
        ("tag.it's", "blue", {"tags": {"it's": "blue"}}),
        ("tier", "pro", {"tags": {"tier": "pro"}}),
        ("environment", "prod*", {"tags": {"environment": "production"}}),
        ("metadata.app", "bot", {"tags": {"app": "bot"}}),
        ("metadata.app.name", "bot", {"tags": {"app": '{"name": "bot"}'}}),
        ("metadata.app.a.b/c", "2", {"tags": {"app": '{"a": {"b/c": 2}}'}}),
        ("metadata.app.a~1b", "bot", {"tags": {"app": '{"a~1b": "bot"}'}}),
        ("metadata.app.1", "y", {"tags": {"app": '["x", "y"]'}}),
        ("metadata.app.on", True, {"tags": {"app": '{"on": true}'}}),
        ("metadata.version", 3, {"tags": {"version": "3"}}),
    ],
)
def test_a_key_reads_its_own_place(store: Store, key: str, pattern: object, columns: dict[str, Any]) -> None:
    tags = columns.pop("tags", None)
    put(store, "fits", tags, **columns)
    put(store, "has nothing")
    elsewhere = dict.fromkeys(columns, "something else")
    put(store, "differs", dict.fromkeys(tags or {}, "something else"), **elsewhere)
    assert features(store, ({key: pattern}, {"feature": "x"})) == {"fits": "x", "has nothing": None, "differs": None}


def test_a_path_inside_what_is_not_json_is_not_there(store: Store) -> None:
    put(store, "text", {"app": "plain {text"})
    put(store, "a star is a name", {"app": '{"x": "bot"}'})
    assert features(store, ({"metadata.app.*": "bot"}, {"feature": "x"})) == {"text": None, "a star is a name": None}


@pytest.mark.parametrize("written", [FAQ_PROMPT_SHA256, FAQ_PROMPT_SHA256[:16], FAQ_PROMPT_SHA256.upper(), "9F76*"])
def test_a_system_prompt_is_known_by_its_first_16_digits(store: Store, written: str) -> None:
    put(store, "faq", system_prompt_hash="9f76b9d398a5f9bc")
    put(store, "other", system_prompt_hash="92674ac52dddaa07")
    assert features(store, ({"system_prompt_hash": written}, {"feature": "faq"})) == {"faq": "faq", "other": None}


@pytest.mark.parametrize(
    ("pattern", "fitting"),
    [
        ("docsearch/*", {"relative", "absolute", "windows", "at the root"}),
        ("docsearch/", {"relative", "absolute", "windows", "at the root"}),
        ("*docsearch/*", {"relative", "absolute", "windows", "at the root", "longer"}),
        ("/var/docsearch/*", {"absolute"}),
        (r"logs\docsearch\*", {"windows"}),
        ("c:/logs/*", {"windows"}),
        ("*.gz", {"absolute"}),
        ("a.jsonl", {"relative", "windows", "longer", "zipped"}),
        ("in/a.jsonl", {"zipped"}),
        ("old.zip!in/*", {"zipped"}),
        ("docsearch", set()),
    ],
)
def test_a_path_may_begin_at_any_folder(store: Store, pattern: str, fitting: set[str]) -> None:
    names = {
        "relative": "logs/2026/docsearch/a.jsonl",
        "absolute": "/var/docsearch/b.jsonl.gz",
        "windows": "c:\\logs\\docsearch\\a.jsonl",
        "at the root": "docsearch/b.jsonl",
        "longer": "logs/olddocsearch/a.jsonl",
        "zipped": "logs/old.zip!in/a.jsonl",
    }
    for number, (call_id, name) in enumerate(names.items(), start=1):
        put_source(store, number, name)
        put(store, call_id, source_id=number)
    found = features(store, ({"path": pattern}, {"feature": "x"}))
    assert {call_id for call_id, feature in found.items() if feature == "x"} == fitting
    assert len(found) == 6


def test_a_user_is_found_by_the_plain_id_though_the_store_has_its_hash(store: Store) -> None:
    functions.install(store, exact_tokens=False, plain_user_ids=False)
    put(store, "hashed", user_id=store.value("select keyed('ann')"))
    put(store, "plain", user_id="ann")
    put(store, "other", user_id=store.value("select keyed('bob')"))
    assert features(store, ({"user_id": "ann"}, {"feature": "x"})) == {"hashed": "x", "plain": "x", "other": None}


def test_a_glob_never_fits_a_hash_by_chance(store: Store) -> None:
    put(store, "hash", user_id="a1b2c3d4e5f60718", api_key_id="a1b2c3d4e5f60718")
    put(store, "plain", user_id="a1-ann", api_key_id="a1-key")
    put(store, "nobody")
    for key in ("user_id", "api_key_id"):
        assert features(store, ({key: "a1*"}, {"feature": "x"})) == {"hash": None, "plain": "x", "nobody": None}
        assert features(store, ({key: "*"}, {"feature": "x"})) == {"hash": "x", "plain": "x", "nobody": None}


def test_the_keyed_hash_is_the_readers_one(store: Store) -> None:
    functions.install(store, exact_tokens=False, plain_user_ids=False)
    assert keyed(store.key, "ann ü") == store.value("select keyed('ann ü')")
