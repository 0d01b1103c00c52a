"""How hard a call was: the rules by default, rules of one's own, and what a question looks like."""

import json
from pathlib import Path
from typing import Any

import pytest

from llmaudit.complexity import ComplexityRules, decide_if_changed
from llmaudit.errors import ConfigError
from llmaudit.ingest import IngestOptions, ingest
from llmaudit.opening import open_audit
from llmaudit.settings import Settings, load
from llmaudit.store import Store, open_store
from tests import calls

EASY: dict[str, Any] = {"output_tokens": 300, "input_tokens": 9_000, "user_tokens": 400, "history_tokens": 1_000}


def put(store: Store, **call: Any) -> None:
    calls.put(store, {"call_id": "c", **call})


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "simple"),
        ({"output_tokens": 301}, "complex"),
        ({"output_tokens": None}, None),
        ({"reasoning_output_tokens": 1}, "complex"),
        ({"user_tokens": 401}, "complex"),
        ({"user_tokens": None}, "complex"),
        ({"user_tokens": None, "input_tokens": 1_500}, "simple"),
        ({"user_tokens": None, "input_tokens": None}, None),
        ({"history_tokens": 1_001}, "complex"),
        ({"history_messages": 20}, "simple"),
        ({"history_messages": 21}, "complex"),
        ({"tool_definition_tokens": 1}, "complex"),
        ({"question_has_code": True}, "complex"),
        ({"question_has_maths": True}, "complex"),
    ],
)
def test_what_makes_a_call_simple(store: Store, changes: dict[str, Any], word: str | None) -> None:
    put(store, **EASY | changes)
    decide_if_changed(store, None)
    assert store.value("select complexity from calls") == word


def _chat(question: Any) -> str:
    pair = {
        "request": {"model": "gpt-4o", "messages": [{"role": "user", "content": question}]},
        "response": {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_790_000_000,
            "model": "gpt-4o",
            "choices": [{"message": {"role": "assistant", "content": "So."}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 50, "completion_tokens": 5},
        },
    }
    return json.dumps(pair) + "\n"


@pytest.mark.parametrize(
    ("question", "code", "maths"),
    [
        ("Where is my parcel? It cost $20 - $5, ordered 10/11.", False, False),
        ("Select a date from the list and import it; what is the class of 2026?", False, False),
        ("Why does this fail?\n```\nx = 1\n```", True, False),
        ("def main(path):\n    return path", True, False),
        ("SELECT name FROM users WHERE id = 7 is slow", True, False),
        ("import numpy as np\nfrom os import path\nwhy?", True, False),
        ("const total = items.map((i) => { return i.n })", True, False),
        ("Traceback (most recent call last): what now?", True, False),
        ("What is x^2 + 3 at 4?", False, True),
        ("Show that \\frac{1}{n} goes to 0", False, True),
        ("Is 3 ≤ π?", False, True),
        ("Please solve for the rate of the linear equation.", False, True),
        ("Sum it up.\n<document id=1>def f(x): return x^2</document>", False, False),
        ([{"type": "text", "text": "function f(a) {"}], True, False),
    ],
)
def test_code_and_maths_are_seen_in_the_question(
    store: Store, tmp_path: Path, question: Any, code: bool, maths: bool
) -> None:
    (tmp_path / "a.jsonl").write_text(_chat(question), encoding="utf-8")
    ingest(store, [str(tmp_path / "a.jsonl")], IngestOptions())
    found = store.rows("select question_has_code, question_has_maths, history_messages, complexity from calls")
    assert found == [(code, maths, 0, "complex" if code or maths else "simple")]


def test_rules_of_ones_own_take_effect_without_reading_again(tmp_path: Path) -> None:
    db, log = tmp_path / "a.duckdb", tmp_path / "a.jsonl"
    log.write_text(_chat("Where is it?"), encoding="utf-8")
    with open_store(db) as store:
        ingest(store, [str(log)], IngestOptions())
    (tmp_path / "llmaudit.yaml").write_text(
        "complexity:\n  trivial: output_tokens < 10 and input_tokens < 100\n  middling: output_tokens < 100\n", "utf-8"
    )
    with open_audit(db, settings=load(tmp_path / "llmaudit.yaml")) as audit:
        groups = audit.breakdown(by=["complexity"], where="complexity <> 'complex'").result.groups
        assert [group.key for group in groups] == [("trivial",)]
    with open_audit(db, settings=Settings(complexity=ComplexityRules((("dear", "output_tokens > 900"),)))) as audit:
        assert [group.key for group in audit.breakdown(by=["complexity"]).result.groups] == [("complex",)]


@pytest.mark.parametrize(
    ("rules", "said", "hint"),
    [
        ("simple: output_tokns < 10", r"llmaudit\.yaml:2: complexity\.simple: output_tokns", "output_tokens"),
        ("simple: effective_cost < 10", r"llmaudit\.yaml:2: .*effective_cost is not known yet", "token counts"),
        ("simple: complexity = 'x'", r"llmaudit\.yaml:2: .*complexity is not known yet", "token counts"),
        ("'two words': output_tokens < 10", r"llmaudit\.yaml:2: complexity\.two words", "such as simple"),
    ],
)
def test_a_rule_that_means_nothing_names_its_line(tmp_path: Path, rules: str, said: str, hint: str) -> None:
    (tmp_path / "llmaudit.yaml").write_text(f"complexity:\n  {rules}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=said) as caught:
        load(tmp_path / "llmaudit.yaml")
    assert hint in (caught.value.hint or "")
