"""A verdict as text: names that would do harm if they were believed stay text in every form."""

import json
import re
from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree

import pytest

from llmaudit.checks.findings import Verdict
from llmaudit.checks.judge import compare
from llmaudit.checks.repricing import Book
from llmaudit.render.check import rendered, said_nothing
from llmaudit.render.check_forms import CheckFormat
from llmaudit.render.check_words import assumptions
from tests.checks.simulated import BOOK, CELL, section, snapshot
from tests.checks.test_judge import constant

HOSTILE = [
    "<script>alert(1)</script>",
    "a\n::error title=forged::owned",
    "| x | [link](http://example.com) <!-- --> `code`",
    "\x1b[31mred\x1b[0m\x00",
    "x" * 10_000,
    "بحث",
]


def verdict(*features: str) -> Verdict:
    before = snapshot(*(constant(name, 50) for name in features))
    after = snapshot(*(constant(name, 50, 2000) for name in features))
    return compare(before, after, section({"metric": "cost_per_call", "by": "feature", "max_increase": "10%"}), BOOK)


@pytest.mark.parametrize("name", HOSTILE, ids=["html", "command", "markdown", "terminal", "long", "arabic"])
def test_a_name_stays_text(name: str) -> None:
    found = verdict(name)
    texts = {form: rendered(found, form) for form in CheckFormat}
    commands = texts[CheckFormat.GITHUB].splitlines()
    assert len(commands) == 2
    assert all(re.match(r"::error title=llmaudit", line) for line in commands)
    comment = texts[CheckFormat.MARKDOWN]
    assert "<script" not in comment
    assert comment.count("<!--") == 1
    assert "[link](" not in comment
    assert len(max(comment.splitlines(), key=len)) < 400
    for text in (comment, texts[CheckFormat.TABLE], texts[CheckFormat.GITHUB]):
        assert all(character.isprintable() or character == "\n" for character in text)
    (case,) = ElementTree.fromstring(texts[CheckFormat.JUNIT]).iter("testcase")
    assert case.find("failure") is not None
    assert json.loads(texts[CheckFormat.JSON])["findings"][0]["group"]["feature"] == name
    assert "بحث" not in name or "بحث" in comment


def test_a_spreadsheet_is_told_no_formula() -> None:
    assert "'=1+1" in rendered(verdict("=1+1"), CheckFormat.CSV)


def test_the_comment_says_what_broke_before_anything_else() -> None:
    lines = rendered(verdict("search"), CheckFormat.MARKDOWN, tag="eval").splitlines()
    assert lines[:5] == [
        "<!-- llmaudit check eval -->",
        "> [!CAUTION]",
        "> **LLM cost: FAIL: 1 limit broken (50 calls against 50 of the baseline).**",
        ">",
        "> - cost\\_per\\_call of search: $0.00350 → $0.00600 (+71.4 %, +71.4 % to +71.4 %); limit: max\\_increase 10%",
    ]
    assert lines[-1] == "</details>"


def test_a_new_price_list_is_told_apart() -> None:
    book = Book(BOOK.at, {CELL: tuple(Fraction(2) * price for price in BOOK.prices[CELL])})
    side = snapshot(constant("search", 50))
    found = compare(side, side, section({"metric": "cost_per_call", "max_increase": "10%"}), book)
    text = " ".join(rendered(found, CheckFormat.TABLE).split())
    assert "Prices changed: the calls of the baseline cost $0.175 and would now cost $0.350 (+100.0 %)." in text
    # That is something to say, although no use has changed.
    assert not said_nothing(found, CheckFormat.MARKDOWN)


def test_no_comparison_is_no_statement_about_comparisons() -> None:
    said = assumptions(replace(verdict("a"), comparisons=0))
    assert said[0] == "Nothing could be compared."
    assert not any("0 comparisons" in line for line in said)


def test_a_program_is_told_of_nothing_too() -> None:
    side = snapshot(constant("search", 50))
    found = compare(side, side, section({"metric": "cost_per_call", "max_increase": "10%"}), BOOK)
    silent = {form for form in CheckFormat if said_nothing(found, form)}
    assert silent == {CheckFormat.TABLE, CheckFormat.MARKDOWN, CheckFormat.GITHUB}
    assert not any(said_nothing(verdict("search"), form) for form in CheckFormat)
