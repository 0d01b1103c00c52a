"""Counts against numbers that OpenAI has published, and the texts that break tokenizers."""

import re
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmaudit.errors import ReadError
from llmaudit.tokens import chat_overhead, count, count_column, counting, load

BOTH = ("cl100k_base", "o200k_base")


@pytest.mark.parametrize(
    ("text", "cl100k", "o200k"),
    [
        # OpenAI cookbook, "How to count tokens with tiktoken", section 5 (printed output), read 2026-11-23.
        ("antidisestablishmentarianism", 6, 6),
        ("2 + 2 = 4", 7, 7),
        ("お誕生日おめでとう", 9, 8),
        ("tiktoken is great!", 6, 6),
        ("", 0, 0),
    ],
)
def test_published_counts(text: str, cl100k: int, o200k: int) -> None:
    assert count([text], "cl100k_base") == [cl100k]
    assert count([text], "o200k_base") == [o200k]


def test_published_tokens() -> None:
    # The same notebook, o200k_base: token integers.
    coder = load("o200k_base")
    assert coder.encode("antidisestablishmentarianism") == [493, 129901, 376, 160388, 21203, 2367]
    assert coder.encode("お誕生日おめでとう") == [8930, 9697, 243, 128225, 8930, 17693, 4344, 48669]


MESSAGES = [  # The same notebook, section 6: role, name, content.
    (
        "system",
        None,
        "You are a helpful, pattern-following assistant that translates corporate jargon into plain English.",
    ),
    ("system", "example_user", "New synergies will help drive top-line growth."),
    ("system", "example_assistant", "Things working well together will increase revenue."),
    (
        "system",
        "example_user",
        "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
    ),
    ("system", "example_assistant", "Let's talk later when we're less busy about how to do better."),
    ("user", None, "This late pivot means we don't have time to boil the ocean for the client deliverable."),
]


@pytest.mark.parametrize(("encoding", "prompt_tokens"), [("cl100k_base", 129), ("o200k_base", 124)])
def test_a_chat_costs_what_the_api_reported(encoding: str, prompt_tokens: int) -> None:
    # "129 prompt tokens counted by the OpenAI API" for gpt-4-0613, 124 for gpt-4o. Each name costs 1 beside its text.
    contents = count([content for _, _, content in MESSAGES], encoding)
    names = count([name for _, name, _ in MESSAGES if name], encoding)
    total = sum(n or 0 for n in contents) + sum((n or 0) + 1 for n in names) + chat_overhead(6)
    assert total == prompt_tokens


@pytest.mark.parametrize("encoding", BOTH)
def test_every_role_is_one_token(encoding: str) -> None:
    assert count(["system", "developer", "user", "assistant", "tool"], encoding) == [1, 1, 1, 1, 1]


@pytest.mark.parametrize(("messages", "tokens"), [(0, 0), (1, 7), (2, 11)])
def test_chat_overhead(messages: int, tokens: int) -> None:
    assert chat_overhead(messages) == tokens


def test_nulls_and_repeats_keep_their_places() -> None:
    assert count(["hello world", None, "", "hello", "hello world"], "o200k_base") == [2, None, 0, 1, 2]
    assert count([], "o200k_base") == []


@pytest.mark.parametrize("encoding", [*BOTH, "o200k_harmony"])
def test_special_tokens_count_as_text(encoding: str) -> None:
    # tiktoken/core.py, 0.14.0, shows 7 tokens for gpt2 in the docstring of encode().
    assert count(["<|endoftext|>"], encoding) == [7]
    assert load(encoding).encode("<|endoftext|>", allowed_special="all") in ([100257], [199999])


def test_harmony_counts_ordinary_text_as_o200k() -> None:
    texts = ["<|start|>user<|message|>hi<|end|>", "お誕生日おめでとう", "2 + 2 = 4"]
    assert count(texts, "o200k_harmony") == count(texts, "o200k_base")


def test_unpaired_surrogates_count_as_replacement_characters() -> None:
    assert count(["a\ud800b"], "o200k_base") == count(["a\ufffdb"], "o200k_base")


@pytest.mark.parametrize(
    ("text", "cl100k", "o200k"),
    [
        ("a" * 1_000_000, 125_000, 125_000),  # aaaaaaaa is one token in both
        ("0" * 1_000_000, 333_334, 333_334),  # digits go by threes
        ("^" * 1_000_000, 250_000, 125_000),
        ("-" * 1_000_000, 15_625, 15_625),  # 64 dashes are one token
        ("中" * 1_000_000, 1_000_000, 1_000_000),
        ("x\n" * 500_000, 1_000_000, 1_000_000),
    ],
    ids=["letters", "digits", "carets", "dashes", "ideographs", "lines"],
)
def test_a_million_of_one_character(text: str, cl100k: int, o200k: int) -> None:
    assert count([text], "cl100k_base") == [cl100k]
    assert count([text], "o200k_base") == [o200k]


@pytest.mark.parametrize("encoding", BOTH)
@pytest.mark.parametrize("blank", [" ", "\t", "\u00a0", "\n"], ids=["space", "tab", "no-break space", "line feed"])
def test_endless_blanks_of_one_kind_count_exactly(encoding: str, blank: str) -> None:
    # By both patterns, white space at the end of a text is one piece; the byte pair encoder alone has no limit.
    blanks = blank * 1_000_001
    assert count([blanks], encoding) == [len(load(encoding)._encode_single_piece(blanks))]


@pytest.mark.parametrize(("encoding", "tokens"), [("cl100k_base", 7_814), ("o200k_base", 7_814)])
def test_endless_blanks_within_a_text(encoding: str, tokens: int) -> None:
    # "{", 999,999 spaces (7,812 tokens of 128 and one of 63), and " x": 1 + 7,813 + 1, the brace taking no space.
    assert count(["{" + " " * 1_000_000 + "x"], encoding) == [tokens + 1]


def test_endless_mixed_blanks_are_counted_too() -> None:
    mixed = "def f():\n" + (" " * 300_000 + "\n" + "\t" * 400_000) * 3 + "return"
    for encoding in BOTH:
        [tokens] = count([mixed], encoding)
        assert tokens is not None
        assert 3 * (300_000 // 128 + 400_000 // 128) < tokens < len(mixed)


@given(text=st.text(alphabet=" \t\n/!a\u00a0", max_size=60), at=st.integers(1, 7))
def test_slices_lose_nothing_and_cut_only_blanks(text: str, at: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "LONG_BLANK", re.compile(r"\s{4,}"))
        patch.setattr(counting, "CUT_EVERY", at)
        parts = list(counting._slices(text))
    assert "".join(parts) == text
    assert all(before[-1].isspace() and after[0].isspace() for before, after in pairwise(parts))


def test_a_text_tiktoken_refuses_is_a_read_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def encode(self, text: str, **_: Any) -> list[int]:
            raise ValueError("Regex error while tokenizing")

    monkeypatch.setattr(counting, "load", lambda _name: Refusing())
    with pytest.raises(ReadError, match="3 characters"):
        count(["abc"], "o200k_base")


@settings(deadline=None, max_examples=50)
@given(texts=st.lists(st.none() | st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40), max_size=8))
@pytest.mark.parametrize("encoding", BOTH)
def test_never_more_tokens_than_bytes_and_never_none_for_a_text(encoding: str, texts: list[str | None]) -> None:
    for text, tokens in zip(texts, count(texts, encoding), strict=True):
        if text is None:
            assert tokens is None
        else:
            assert tokens is not None
            assert bool(text) <= tokens <= len(text.encode())


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["hello world", None, ""], pa.string()),
        pa.array(["hello world", None, ""], pa.large_string()),
        pa.array(["hello world", None, ""]).dictionary_encode(),
        pa.chunked_array([["hello world"], [None, ""]], type=pa.string()),
    ],
    ids=["string", "large_string", "dictionary", "chunked"],
)
def test_columns(column: Any) -> None:
    counted = count_column(column, "o200k_base")
    assert counted.type == pa.int64()
    assert counted.to_pylist() == [2, None, 0]


def test_empty_and_null_columns() -> None:
    assert count_column(pa.array([], pa.string()), "o200k_base").type == pa.int64()
    assert count_column(pa.nulls(2), "o200k_base").to_pylist() == [None, None]


def test_a_column_function_of_duckdb() -> None:
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect() as connection:
        connection.create_function(
            "tokens",
            lambda texts: count_column(texts, "o200k_base"),
            ["varchar"],
            "bigint",
            type="arrow",
            null_handling="special",
        )
        rows = connection.execute(
            "select sum(tokens(t)), count(tokens(t)), count(*) from (values ('hello world'), (null), ('hello')) as v(t)"
        ).fetchall()
    assert rows == [(3, 2, 3)]
