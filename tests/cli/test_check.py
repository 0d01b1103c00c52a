"""`llmaudit baseline save` and `llmaudit check` from the command line: verdicts, exit codes, forms, refusals."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from llmaudit import schemas
from tests.cli.transcripts import Run, run

LIMITS = """
check:
  limits:
    - {metric: cost_per_call, by: feature, max_increase: 10%}
    - {metric: p95_seconds, feature: faq, max_increase: 1 s}
"""
CHECK = "llmaudit check --baseline base.json --since 2026-10-20"
QUIET = f"{CHECK} --where \"feature = 'faq'\""


@pytest.fixture
def ready(month: Path) -> Path:
    """The month with limits, and a baseline of its first nineteen days."""
    limits(month, LIMITS)
    said = run("llmaudit baseline save --until 2026-10-20 --output base.json", month)
    assert (said.code, said.stdout, said.stderr) == (0, "", "base.json: 3,736 calls in 7 groups\n")
    return month


def limits(folder: Path, text: str) -> None:
    """Put limits behind what llmaudit.yaml says about attribution."""
    file = folder / "llmaudit.yaml"
    file.write_text(file.read_text(encoding="utf-8").partition("\ncheck:")[0] + text, encoding="utf-8")


def verdict(done: Run) -> dict[str, dict[str, str]]:
    """The states by metric and feature."""
    found: dict[str, dict[str, str]] = {}
    for finding in json.loads(done.stdout)["findings"]:
        found.setdefault(finding["metric"], {})[finding["group"].get("feature", "*")] = finding["state"]
    return found


def test_the_longer_prompt_of_the_assistant_breaks_its_limit_and_nothing_else_does(ready: Path) -> None:
    done = run(f"{CHECK} --format json", ready)
    assert done.code == 1
    found = verdict(done)
    assert {feature for feature, state in found["cost_per_call"].items() if state == "broken"} == {"assistant"}
    answer = json.loads(done.stdout)
    assert (answer["verdict"], answer["calls"]) == ("fail", {"before": 3736, "after": 2511})
    (assistant,) = (each for each in answer["findings"] if each["broken"])
    # 6.852765 dollars over 1,292 answered calls, 6.7930325 over 866: counted by `breakdown`.
    assert (assistant["before"], assistant["after"]) == ("0.005303997678", "0.007844148383")
    jsonschema.validate(answer, json.loads(schemas.text("check")), format_checker=jsonschema.FormatChecker())
    jsonschema.validate(
        json.loads((ready / "base.json").read_text(encoding="utf-8")), json.loads(schemas.text("baseline"))
    )


def test_a_baseline_is_the_same_bytes_for_the_same_calls_and_holds_no_user(ready: Path) -> None:
    run("llmaudit baseline save --until 2026-10-20 --output again.json", ready)
    text = (ready / "base.json").read_text(encoding="utf-8")
    assert (ready / "again.json").read_text(encoding="utf-8") == text
    assert len(text) < 64_000
    users = run("llmaudit breakdown --by user,key --format csv", ready).stdout.splitlines()[1:]
    names = {name for line in users for name in line.split(",")[:2] if len(name) > 6}
    assert len(names) > 100
    assert not [name for name in names if name in text]


def test_logs_are_checked_as_a_store_is(ready: Path) -> None:
    run("llmaudit baseline save company_month --until 2026-10-20 --output of_logs.json", ready)
    assert (ready / "of_logs.json").read_bytes() == (ready / "base.json").read_bytes()
    over_logs = run(f"llmaudit check company_month {CHECK[15:]} --format csv", ready)
    assert (over_logs.code, over_logs.stdout) == (1, run(f"{CHECK} --format csv", ready).stdout)
    assert "6,277 records" in over_logs.stderr


def test_against_itself_everything_holds_and_silent_says_nothing(ready: Path) -> None:
    same = "llmaudit check --baseline base.json --until 2026-10-20"
    assert run(same, ready).stdout.startswith("PASS: ")
    for form in ("table", "markdown", "github"):
        assert run(f"{same} --silent --format {form} --also markdown=comment.md", ready).said == ""
        assert (ready / "comment.md").read_text(encoding="utf-8") == ""
    assert json.loads(run(f"{same} --silent --format json", ready).stdout)["verdict"] == "pass"
    assert run(f"{CHECK} --silent", ready).stdout.startswith("FAIL: ")


def test_too_few_calls_end_with_2_unless_that_is_allowed_and_never_where_nothing_was_judged(ready: Path) -> None:
    limits(ready, LIMITS + "    - {metric: p95_seconds, feature: reports, max_increase: 1 s}\n")
    faq = "    - {metric: cost_per_call, feature: faq, max_increase: 10%}\n"
    few = "    - {metric: p99_seconds, feature: reports, max_increase: 1 s}\n"
    limits(ready, f"\ncheck:\n  limits:\n{faq}{few}")
    done = run(CHECK, ready)
    assert (done.code, done.stdout.split(":")[0]) == (2, "INSUFFICIENT")
    assert "p99_seconds of feature reports: 152 calls measured before, 1,000 are needed" in done.stdout
    assert run(f"{CHECK} --allow-insufficient", ready).code == 0
    limits(ready, f"\ncheck:\n  limits:\n{few}")
    assert run(f"{CHECK} --allow-insufficient", ready).code == 2


def test_every_form_is_one_of_its_kind(ready: Path) -> None:
    also = "--also json=a.json --also junit=a.xml --also csv=a.csv --also github=a.txt --also table=a.table"
    done = run(f"{CHECK} --format markdown --tag eval {also}", ready)
    lines = done.stdout.splitlines()
    assert lines[0] == "<!-- llmaudit check eval -->"
    assert lines[1] == "> [!CAUTION]"
    assert "FAIL: 1 limit broken" in lines[2]
    suite = ElementTree.parse(ready / "a.xml").getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("failures"), suite.get("errors"), len(suite.findall("testcase/failure"))) == ("1", "0", 1)
    assert json.loads((ready / "a.json").read_text(encoding="utf-8"))["verdict"] == "fail"
    rows = list(csv.DictReader(io.StringIO((ready / "a.csv").read_text(encoding="utf-8"))))
    assert [row["feature"] for row in rows if row["state"] == "broken"] == ["assistant"]
    commands = (ready / "a.txt").read_text(encoding="utf-8").splitlines()
    assert all(line.startswith(("::error title=llmaudit", "::warning ", "::notice ")) for line in commands)
    assert "%25" in commands[1]
    assert (ready / "a.table").read_text(encoding="utf-8") == run(CHECK, ready).stdout


def test_a_baseline_is_a_side_of_an_explanation(ready: Path) -> None:
    after = "--after 2026-10-20..2026-11-01 --format json"
    filed = json.loads(run(f"llmaudit explain --before base.json {after}", ready).stdout)
    direct = json.loads(run(f"llmaudit explain --before ..2026-10-20 {after}", ready).stdout)
    assert filed["measures"] == direct["measures"]
    assert (filed["latency"]["exact"], direct["latency"]["exact"]) == (False, True)


@pytest.mark.parametrize("before", ["", '{\n "schema": "llmaudit/baseline/0",\n "calls": 3}\n'])
def test_a_baseline_takes_the_place_of_any_baseline_and_of_an_empty_file(before: str, ready: Path) -> None:
    (ready / "b.json").write_text(before, encoding="utf-8")
    assert run("llmaudit baseline save --until 2026-10-20 --output b.json", ready).code == 0
    assert (ready / "b.json").read_text(encoding="utf-8") == (ready / "base.json").read_text(encoding="utf-8")


def test_an_error_of_a_limit_names_its_line(ready: Path) -> None:
    limits(ready, "\ncheck:\n  limits:\n    - {metric: cost_per_call, by: feature,\n       max_increase: 10 percent}\n")
    line = (ready / "llmaudit.yaml").read_text(encoding="utf-8").splitlines().index(
        "       max_increase: 10 percent}"
    ) + 1
    done = run(CHECK, ready)
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: llmaudit.yaml:{line}: check.limits.0.max_increase: an amount is a number")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("check --baseline nowhere.json", "nowhere.json: No such file or directory"),
        ("check --baseline llmaudit.yaml", "llmaudit.yaml: is not a baseline: not JSON"),
        ("check --baseline base.json --since 2030-01-01", "there is no call to measure"),
        ("check --baseline base.json --where \"feature = 'faq'\"", "the baseline was taken of other calls"),
        ("check --baseline base.json --also html=x", "--also html=x: expected FORMAT=FILE"),
        ("check --baseline base.json --also markdown=", "expected FORMAT=FILE"),
        ("check --baseline base.json --format xml", "--format"),
        ("check --baseline base.json --also markdown=no/where.md", "no/where.md: No such file or directory"),
        ("baseline save --output no/where.json", "no/where.json: there is no folder no"),
        ("explain --before base.json --after base.json --by user", "a baseline knows features and models only"),
        ("explain --before base.json --after base.json --where \"feature = 'faq'\"", "the baseline holds all calls"),
    ],
)
def test_without_an_answer_it_ends_with_2(command: str, said: str, ready: Path) -> None:
    done = run(f"llmaudit {command}", ready)
    assert (done.code, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_without_limits_there_is_nothing_to_check(ready: Path) -> None:
    limits(ready, "")
    done = run(CHECK, ready)
    assert (done.code, done.stdout) == (2, "")
    assert "there is no limit to check" in done.stderr
    assert "max_increase: 10%" in done.stderr


def test_a_budget_is_not_kept_by_days_before_the_first_log(ready: Path) -> None:
    """The calls are of October: asked for from August on, they cost the same a day."""
    limits(ready, "\ncheck:\n  limits: [{metric: cost_per_day, max: 1 USD per day}]\n")
    said = [
        run(f"llmaudit check --baseline base.json --since {since} --format json", ready)
        for since in ("2026-10-01", "2026-08-01")
    ]
    assert [done.code for done in said] == [1, 1]
    first, second = (json.loads(done.stdout)["findings"] for done in said)
    assert first == second


def test_what_a_comparison_asks_beyond_the_logs_is_said(ready: Path) -> None:
    asked = "llmaudit explain --before 2026-10-01..2026-11-01 --after 2026-10-01..2026-12-01"
    said = run(asked, ready).stdout
    assert "It costs the same as before" in said
    assert "2026-10-01..2026-12-01: reaches beyond the calls on record; 2026-10-01 00:00 to 2026-11-01 00:00" in said
    assert "The two periods overlap" in said
