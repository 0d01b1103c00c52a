"""README and docs say what is: every command shown in them is run, every setting is read, every table is up to date.

In a `console` block each `$ llmaudit …` line is followed by exactly what it says (both streams, 80 columns, no colour),
standing in a copy of `sample_logs/` of which the month has been read. A `yaml` block has to be a valid llmaudit.yaml;
behind the line `<!-- becomes llmaudit.yaml -->` it is the one for the rest of the page, and behind
`<!-- pipeline.yaml -->` it has to be a valid pipeline. A `pycon` block is a session of Python. Tables between markers
are written by `docs/generate.py`.
"""

from __future__ import annotations

import csv
import doctest
import json
import re
import runpy
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import pytest

from llmaudit import settings
from llmaudit.levers.lever import IN_WORDS
from llmaudit.levers.registry import all_levers
from llmaudit.replay import pipeline
from tests.cli.transcripts import CHECKOUT, Workshop, run

PAGES = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]
_BLOCK = re.compile(
    r"(?P<mark>^<!-- (becomes llmaudit|pipeline)\.yaml -->\n+)?^```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.M | re.S
)
_LINK = re.compile(r"\]\((?!https?://)([^)#\s]+)(#[^)\s]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_every_command_says_what_the_page_shows(
    page: Path, workshop: Workshop, month: Path, update_golden: bool
) -> None:
    text = page.read_text(encoding="utf-8")
    # The month and its scores are read once for all pages, elsewhere: the first ingest of a page shows what that one
    # said, and tells the store where the files lie now.
    known = dict(workshop.readings)

    def answer(command: str) -> str:
        said = run(command, month)
        return known.pop(command, said).said

    def current(block: re.Match[str]) -> str:
        if "becomes" in (block["mark"] or ""):
            (month / "llmaudit.yaml").write_text(block["body"], encoding="utf-8")
        if block["kind"] != "console":
            return block[0]
        return f"```console\n{_answered(block['body'], answer)}```"

    now = _BLOCK.sub(current, text)
    if update_golden:
        page.write_text(now, encoding="utf-8")
    assert text == now or update_golden


def _answered(body: str, answer: Callable[[str], str]) -> str:
    """The block with every command followed by what it says now."""
    commands = [line.removeprefix("$ ") for line in body.splitlines() if line.startswith("$ ")]
    assert commands, "a console block shows at least one command"
    return "".join(f"$ {command}\n{answer(command)}" for command in commands)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_every_setting_shown_is_one(page: Path, tmp_path: Path) -> None:
    for block in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        if block["kind"] == "yaml":
            read = pipeline.read if "pipeline" in (block["mark"] or "") else settings.load
            file = tmp_path / "settings.yaml"
            file.write_text(block["body"], encoding="utf-8")
            read(file)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_every_python_session_answers_as_shown(page: Path, month: Path) -> None:
    for block in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        if "becomes" in (block["mark"] or ""):
            (month / "llmaudit.yaml").write_text(block["body"], encoding="utf-8")
        if block["kind"] == "pycon":
            session = doctest.DocTestParser().get_doctest(block["body"], {}, page.name, str(page), 0)
            with chdir(month):
                assert doctest.DocTestRunner().run(session).failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_generated_tables_are_up_to_date(page: Path, update_golden: bool) -> None:
    text = page.read_text(encoding="utf-8")
    now = runpy.run_path(str(CHECKOUT / "docs" / "generate.py"))["current"](text)
    if update_golden:
        page.write_text(now, encoding="utf-8")
    assert text == now or update_golden, "python docs/generate.py writes them"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_links_lead_somewhere(page: Path) -> None:
    for target, _ in _LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_every_fact_of_a_step_is_explained() -> None:
    page = (CHECKOUT / "docs" / "levers.md").read_text(encoding="utf-8")
    answer = (CHECKOUT / "tests" / "cli" / "golden" / "simulate_csv.txt").read_text(encoding="utf-8")
    steps = list(csv.DictReader(answer.splitlines()[1:]))
    assert {step["lever"] for step in steps} == set(all_levers())
    for step in steps:
        section = page.split(f"## {step['lever']}\n")[1].split("\n## ")[0]
        for fact in set(json.loads(step["facts"])) - {IN_WORDS}:
            assert f"`{fact}`" in section, f"{step['lever']}: {fact}"


def test_every_format_has_a_section() -> None:
    from llmaudit.readers import all_readers

    headings = re.findall(r"^## `([\w-]+)`", (CHECKOUT / "docs" / "formats.md").read_text(encoding="utf-8"), re.M)
    assert sorted(headings) == [reader.name for reader in all_readers()]
