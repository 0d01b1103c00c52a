"""A store with a few calls in it, and rules written as in llmaudit.yaml."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from llmaudit.attribution import AttributionRules, reattribute_if_changed
from llmaudit.config import check, read
from llmaudit.store import Store

Whose = tuple[str | None, str | None, str | None]
"""Feature, tier and environment of a call."""


def put(store: Store, call_id: str, tags: Mapping[str, str] | None = None, **columns: Any) -> None:
    """Insert one call as an ingest would have it before its attribution."""
    names = ["call_id", "source_id", "tags", *(name for name in columns if name != "source_id")]
    values: dict[str, Any] = {
        "call_id": call_id,
        "source_id": columns.get("source_id", 1),
        "tags_keys": list(tags or {}),
        "tags_values": list((tags or {}).values()),
        **columns,
    }
    marks = [
        "map(cast($tags_keys as varchar[]), cast($tags_values as varchar[]))" if name == "tags" else f"${name}"
        for name in names
    ]
    store.run(f"insert into calls ({', '.join(names)}) values ({', '.join(marks)})", values)


def put_source(store: Store, source_id: int, name: str) -> None:
    """Enter a file into the ledger."""
    row = (source_id, name, "s", "r", "openai-chat", 1, 1, 1, 0, 0, 0, 0, "2026-10-01")
    store.insert("sources", [row])


def rules_of(*rules: tuple[dict[str, Any], dict[str, Any]], users: Path | None = None) -> AttributionRules:
    """Rules from (when, set) pairs."""
    return AttributionRules.model_validate(
        {"rules": [{"when": when, "set": assigned} for when, assigned in rules], "users": users}
    )


def whose(store: Store, rules: AttributionRules) -> dict[str, Whose]:
    """Every call's feature, tier and environment under the rules."""
    reattribute_if_changed(store, rules)
    rows = store.rows("select call_id, feature, tier, environment from calls order by call_id")
    return {call_id: (feature, tier, environment) for call_id, feature, tier, environment in rows}


def features(store: Store, *rules: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, str | None]:
    """Every call's feature under the rules."""
    return {call_id: attributes[0] for call_id, attributes in whose(store, rules_of(*rules)).items()}


@pytest.fixture
def section(tmp_path: Path) -> Callable[[str], AttributionRules]:
    """`section(text)`: the attribution section of a settings file with that text."""

    def load(text: str) -> AttributionRules:
        path = tmp_path / "llmaudit.yaml"
        path.write_text(text, encoding="utf-8")
        content, lines = read(path)
        return check(AttributionRules, content["attribution"], lines, path, ("attribution",)).relative_to(tmp_path)

    return load
