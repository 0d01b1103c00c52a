"""A report in its forms: what it shows is what its JSON says, and what a log says stays text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from llmaudit import schemas
from llmaudit.render.report.sentences import few_of
from tests.cli.transcripts import run
from tests.render.conftest import LONG, said_by

_MONDAYS = ("2025-12-29", "2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26", "2026-02-02", "2026-02-09",
            "2026-02-16", "2026-02-23", "2026-03-02")  # fmt: skip
_MONEY = re.compile(r"[<−+-]*\$\d[\d,]*(?:\.\d+)?")


class Page(HTMLParser):
    """What a page says: its text, the values behind its numbers, and its elements with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.numbers: list[tuple[str, str]] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._within: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._within.append(tag)
        if tag == "data":
            self.numbers.append((dict(attrs)["value"] or "", ""))

    def handle_endtag(self, tag: str) -> None:
        self._within.pop()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self._within and self._within[-1] in {"script", "style"}:
            return
        if self._within and self._within[-1] == "data":
            self.numbers[-1] = (self.numbers[-1][0], data)
        self.said.append(data)


def test_json_keeps_its_contract_and_so_does_every_answer_within(report: Path) -> None:
    said = json.loads((report / "report.json").read_text(encoding="utf-8"))
    for answer in (said, said["simulate"], said["bottleneck"], *said["breakdowns"]):
        name = answer["schema"].split("/")[1]
        jsonschema.validate(answer, json.loads(schemas.text(name)), format_checker=jsonschema.FormatChecker())
    assert said["breakdowns"] == [
        json.loads(run(f"llmaudit breakdown --by {each['by'][0]} --top 25 --format json", report).stdout)
        for each in said["breakdowns"]
    ]
    assert said["simulate"] == json.loads(run("llmaudit simulate --plan plan.yaml --format json", report).stdout)
    assert said["bottleneck"] == json.loads(run("llmaudit bottleneck --run run.json --format json", report).stdout)


def test_what_the_parts_say_adds_up_to_the_whole(report: Path) -> None:
    said = json.loads((report / "report.json").read_text(encoding="utf-8"))
    total = Decimal(said["summary"]["effective_cost"])
    assert total == sum(Decimal(cell["effective_cost"]) for cell in said["over_time"]["cells"])
    assert total == sum(Decimal(each["effective_cost"]) for each in said["over_time"]["totals"])
    assert all(Decimal(curve["points"][-1]["cost"]) <= total for curve in said["curves"])
    assert Decimal(said["waste"]["high"]) == sum(Decimal(line["high"]) for line in said["waste"]["lines"])
    # What sample_logs/README.md counts from the calls before they are written.
    assert sum(entry["records"] - entry["scores_added"] for entry in said["ledger"]["formats"]) == 6_277
    assert said["summary"]["calls"] == 6_247
    assert said["summary"]["days"] == 31
    assert round(total / 31, 12) == Decimal(said["summary"]["daily_cost"])


def test_what_few_values_cannot_bound_is_marked_as_bottleneck_marks_it(report: Path) -> None:
    markdown = (report / "report.md").read_text(encoding="utf-8").replace("\\", "")
    stages = markdown.split("**The stages**")[1]
    for stage in said_by(report)["bottleneck"]["stages"]:
        row = next(line for line in stages.splitlines() if line.startswith(f"| {stage['stage']} |"))
        marked = [cell.strip().endswith("*") for cell in row.split("|")[3:6]]
        known = [name for name in ("p50", "p95", "p99") if stage[f"{name}_seconds"] is not None]
        unbound = {name for name in known if stage["intervals"][name] is None}
        assert marked == [name in unbound for name in ("p50", "p95", "p99")]
    assert "P99* is not estimable from so few values: a 95 % interval takes 368." in stages


def test_how_few_users_make_most_says_of_which_cost() -> None:
    each = {"of": "user", "share_for_80_percent": 0.163, "cost": "60"}
    found = {"concentration": [each], "total": {"effective_cost": "100"}}
    assert few_of(found, "user") == "16.3 % of users make 80 % of the cost with a known user"
    each["cost"] = "100"
    assert few_of(found, "user") == "16.3 % of users make 80 % of the cost"


def test_every_table_of_the_markdown_ends_before_what_follows(report: Path) -> None:
    lines = (report / "report.md").read_text(encoding="utf-8").splitlines()
    captions = [place for place, line in enumerate(lines) if line.startswith("**")]
    assert len(captions) > 10
    assert all(lines[place - 1] == lines[place + 1] == "" for place in captions)
    assert [line for line in lines if line != line.rstrip()] == []
    for before, line in pairwise(lines):
        assert not before.startswith("|") or line.startswith("|") or line == "", line


@pytest.mark.parametrize("form", ["report.html", "report.md"])
def test_every_amount_shown_is_one_of_the_json_rounded(report: Path, form: str) -> None:
    text = (report / form).read_text(encoding="utf-8")
    shown = " ".join(Page(text).said) if form.endswith("html") else text
    exact = {Decimal(leaf) for leaf in _leaves(said_by(report)) if _is_money(leaf)}
    amounts = set(_MONEY.findall(shown))
    assert len(amounts) > 60
    assert [amount for amount in amounts if not _rounds_one_of(amount, exact)] == []


def test_every_number_of_the_page_has_the_exact_value_of_the_json_behind_it(report: Path) -> None:
    page = Page((report / "report.html").read_text(encoding="utf-8"))
    leaves = {str(leaf) for leaf in _leaves(said_by(report))}
    assert len(page.numbers) > 400
    assert [value for value, _ in page.numbers if value not in leaves] == []
    for value, text in page.numbers:
        if "$" in text:
            assert _rounds_one_of(text, {Decimal(value)}), (value, text)


def test_the_charts_draw_the_numbers_of_thesaid_by(report: Path) -> None:
    said, text = said_by(report), (report / "report.html").read_text(encoding="utf-8")
    bars = _spec(text, "chart-over-time")["data"]["values"]
    assert [bar["cost"] for bar in bars] == [float(cell["effective_cost"]) for cell in said["over_time"]["cells"]]
    steps = _spec(text, "chart-waterfall")["data"]["values"]
    assert [(step["from"], step["to"]) for step in steps[1:-1]] == [
        (float(step["cost_before"]), float(step["cost_after"])) for step in said["simulate"]["steps"]
    ]


def test_the_page_is_whole_and_asks_for_nothing(report: Path) -> None:
    text = (report / "report.html").read_text(encoding="utf-8")
    assert len(text.encode()) < 2_000_000
    page = Page(text)
    links = [value for _, attributes in page.elements for name in ("src", "href") if (value := attributes.get(name))]
    assert links
    assert all(link.startswith("#") for link in links)
    policy = next(a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    scripts = re.findall(r"<script>(.*?)</script>", text, re.S)
    assert len(scripts) == 2
    for script in scripts:
        assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in policy
    assert "unsafe-eval" not in policy


def test_names_from_logs_stay_text(hostile_report: Path) -> None:
    text = (hostile_report / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert [a for tag, a in page.elements if tag == "script" and "data-for" not in a] == [{}, {}]
    assert not any(tag in {"img", "b"} for tag, _ in page.elements)
    said = "".join(page.said)
    for name in ("<script>alert(1)</script>", "خدمة العملاء", '</script><img src=x onerror="alert(2)">', "{{ 7 * 7 }}"):
        assert name in said
    assert "x" * 199 + "…" in said
    assert LONG not in text
    assert "\x1b" not in text
    for spec in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.S):
        assert json.loads(spec)["data" if '"data"' in spec[:200] else "config"]
    markdown = (hostile_report / "report.md").read_text(encoding="utf-8")
    assert "<script>" not in markdown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in markdown
    assert r"a\|b \`c\` \[d\](http://example.com) \*e\*" in markdown


def test_sentences_are_never_cut(report: Path) -> None:
    said, markdown = said_by(report), (report / "report.md").read_text(encoding="utf-8")
    words = [
        text for step in said["simulate"]["steps"] for text in (*step["warnings"], *step["facts"].get("in_words", ()))
    ]
    assert max(map(len, words)) > 180
    for sentence in (*said["answer"], *words):
        assert sentence in markdown.replace("\\", "").replace("&lt;", "<").replace("&gt;", ">"), sentence


@pytest.mark.parametrize(
    ("days", "shown"),
    [
        (("2026-02-27", "2026-03-02"), ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]),
        (("2026-01-01", "2026-03-05"), list(_MONDAYS)),
        (("2025-11-30", "2026-12-31"), [f"2025-{n}-01" for n in (11, 12)] + [f"2026-{n:02d}-01" for n in range(1, 13)]),
    ],
)
def test_stretches_without_a_call_have_their_place(tmp_path: Path, days: tuple[str, str], shown: list[str]) -> None:
    call = {"response_model": "gpt-4o", "provider_name": "openai", "input_tokens": 10, "output_tokens": 1}
    lines = [json.dumps({**call, "started_at": f"{day}T12:00:00Z", "response_id": day}) for day in days]
    (tmp_path / "calls.jsonl").write_text("\n".join(lines), encoding="utf-8")
    run("llmaudit ingest calls.jsonl", tmp_path)
    run("llmaudit report --output page.html", tmp_path)
    spec = _spec((tmp_path / "page.html").read_text(encoding="utf-8"), "chart-over-time")
    assert spec["encoding"]["x"]["scale"]["domain"] == shown


def test_what_there_is_nothing_to_say_about_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "calls.jsonl").write_text(
        json.dumps({"response_model": "gpt-4o", "provider_name": "openai", "input_tokens": 10, "output_tokens": 1}),
        encoding="utf-8",
    )
    run("llmaudit ingest calls.jsonl", tmp_path)
    markdown = run("llmaudit report --format markdown", tmp_path).stdout
    assert re.findall(r"^## (.*)", markdown, re.M) == ["Where the money is", "What the numbers leave out", "Method"]
    said = json.loads(run("llmaudit report --format json", tmp_path).stdout)
    assert [each["by"] for each in said["breakdowns"]] == [["model"]]
    assert (said["simulate"], said["summary"]["daily_cost"], said["latency"]["all"]) == (None, None, None)
    assert [step["by"] for step in said["breakdowns"]] == [["model"]]


def test_calls_without_any_price_are_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "calls.jsonl").write_text(
        json.dumps({"response_model": "nobody's model", "input_tokens": 10, "output_tokens": 1}), encoding="utf-8"
    )
    run("llmaudit ingest calls.jsonl", tmp_path)
    said = json.loads(run("llmaudit report --format json", tmp_path).stdout)
    assert said["answer"][:2] == [
        "1 call, and none of them has a known price.",
        "Where the money goes cannot be said, for no cost is known.",
    ]


@pytest.mark.parametrize(
    ("arguments", "begins"),
    [
        ("--output page.html", "<!doctype html>"),
        ("--output page.md", "# What the language models cost"),
        ("--output page.json", '{\n  "schema": "llmaudit/report/1"'),
        ("--output page.txt --format markdown", "# What"),
        ("", "<!doctype html>"),
        ("--format json", ""),
    ],
)
def test_where_a_report_is_written(report: Path, arguments: str, begins: str) -> None:
    found = run(f"llmaudit report --since 2026-10-31 {arguments}", report)
    assert (found.code, found.stderr) == (0, "")
    if arguments.startswith("--format"):
        assert json.loads(found.stdout)["schema"] == "llmaudit/report/1"
    else:
        file = found.stdout.strip()
        assert file == (arguments.split()[1] if arguments else "llmaudit-report.html")
        assert (report / file).read_text(encoding="utf-8").startswith(begins)


def test_a_template_of_ones_own(report: Path) -> None:
    (report / "short.j2").write_text(
        "{{ report.answer[0] }} {{ money(report.summary.effective_cost) }} {{ sections | length }} {{ '<b>' }}",
        encoding="utf-8",
    )
    found = run("llmaudit report --plan plan.yaml --template short.j2 --output -", report)
    assert found.stdout == (
        "6,239 of 6,247 calls from 1 to 31 October 2026 have a known cost, together $52.29: $1.69 a day, "
        "$51.35 a month. $52.29 8 &lt;b&gt;\n"
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("one\n{% for %}", "error: wrong.j2:2: "),
        ("{{ report.sumary }}", "error: wrong.j2: 'dict object' has no attribute 'sumary'"),
        ("{{ ''.__class__.__mro__ }}", "error: wrong.j2: access to attribute '__class__'"),
        (None, "error: wrong.j2: cannot be read as a template"),
    ],
)
def test_a_template_that_is_none_says_where(report: Path, text: str | None, error: str) -> None:
    (report / "wrong.j2").unlink(missing_ok=True)
    if text is not None:
        (report / "wrong.j2").write_text(text, encoding="utf-8")
    found = run("llmaudit report --template wrong.j2 --output -", report)
    assert found.code == 2
    assert found.stderr.startswith(error), found.stderr
    assert "\nhint: " in found.stderr


def test_a_page_that_cannot_be_written_is_no_answer(report: Path) -> None:
    found = run("llmaudit report --output nowhere/report.html", report)
    assert (found.code, found.stdout) == (2, "")
    assert found.stderr.startswith("error: nowhere/report.html: there is no folder nowhere")


def _spec(page: str, chart: str) -> dict[str, Any]:
    found = re.search(rf'data-for="{chart}">(.*?)</script>', page, re.S)
    assert found
    spec: dict[str, Any] = json.loads(found[1])
    return spec


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _leaves(part)
    else:
        yield value


def _is_money(leaf: Any) -> bool:
    return isinstance(leaf, str) and re.fullmatch(r"-?\d+(\.\d+)?", leaf) is not None


def _rounds_one_of(text: str, exact: set[Decimal]) -> bool:
    """Whether an amount as shown is one of the exact ones, rounded to the digits it has; `<$0.01` is less than that."""
    number = Decimal(re.sub(r"[^\d.]", "", text))
    if text.startswith("<"):
        return any(0 < each < number for each in exact)
    half = Decimal(1).scaleb(number.as_tuple().exponent) / 2  # type: ignore[arg-type]
    return any(abs(abs(each) - number) <= half for each in exact)
