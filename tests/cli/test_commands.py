"""Every command on the sample logs: what it answers (golden files), where it says it, and how it ends.

`pytest --update-golden` writes the golden files; the change is read in the diff.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pytest

from llmaudit import schemas
from llmaudit.cli.progress import far_of
from tests.cli.transcripts import Workshop, run, spawn

GOLDEN = Path(__file__).resolve().parent / "golden"
FOUR_FILES = (
    "llmaudit ingest claude_code/input.jsonl generic/input.csv litellm_spend_logs/input.jsonl openai_chat/input.jsonl "
    "--db four.duckdb"
)
"""Small files that have everything: new calls, duplicates, skipped and unreadable records, calls without a price."""
BY_FEATURE = "llmaudit breakdown --by feature,model"
SIMULATE = "llmaudit simulate --plan plan.yaml"
EXPLAIN = "llmaudit explain --before 2026-10-01..2026-10-20 --after 2026-10-20..2026-11-01"
REPORT = "llmaudit report --plan plan.yaml"
PRICES = "llmaudit prices show gpt-4o --at 2026-10-15"
GOLDEN_COMMANDS = {
    "help": "llmaudit --help",
    "help_ingest": "llmaudit ingest --help",
    "help_breakdown": "llmaudit breakdown --help",
    "help_prices": "llmaudit prices --help",
    "help_prices_show": "llmaudit prices show --help",
    "help_prices_reprice": "llmaudit prices reprice --help",
    "help_schema": "llmaudit schema --help",
    **{f"ingest_{form}": f"{FOUR_FILES} --format {form}" for form in ("table", "json", "csv", "markdown")},
    **{f"breakdown_{form}": f"{BY_FEATURE} --format {form}" for form in ("table", "json", "csv", "markdown")},
    "help_report": "llmaudit report --help",
    "help_simulate": "llmaudit simulate --help",
    "help_optimize": "llmaudit optimize --help",
    "help_bottleneck": "llmaudit bottleneck --help",
    **{f"simulate_{form}": f"{SIMULATE} --format {form}" for form in ("table", "csv", "markdown")},
    **{f"simulate_scaled_{form}": f"{SIMULATE} --scale-to 50000 --format {form}" for form in ("csv", "markdown")},
    "simulate_frontier": f"{SIMULATE} --frontier",
    "simulate_shapley": f"{SIMULATE} --attribution shapley --scale-to 50000",
    "help_check": "llmaudit check --help",
    "help_baseline": "llmaudit baseline --help",
    "help_baseline_save": "llmaudit baseline save --help",
    "help_explain": "llmaudit explain --help",
    **{f"explain_{form}": f"{EXPLAIN} --top 5 --format {form}" for form in ("table", "markdown")},
    "explain_csv": f"{EXPLAIN} --where \"feature = 'faq'\" --of total --format csv",
    **{f"prices_{form}": f"{PRICES} --format {form}" for form in ("table", "json", "csv", "markdown")},
    "breakdown_over_logs": "llmaudit breakdown claude_code generic/input.csv --by provider",
    "breakdown_by_week": "llmaudit breakdown --by week",
    "breakdown_top": "llmaudit breakdown --by key,status --top 3 --since 2026-10-14 --until 2026-10-15",
    "breakdown_where": "llmaudit breakdown --by tier --where \"feature = 'docsearch' and input_tokens > 4900\"",
    "prices_of_two_sizes": "llmaudit prices show claude-sonnet-4 --at 2026-10-15",
}
NO_ANSWER = {
    "no store": ("breakdown --db nowhere.duckdb", "nowhere.duckdb: there is no store here"),
    "not a store": ("breakdown --db README.md", "README.md: is not a DuckDB file"),
    "a database of someone else": ("breakdown --db foreign.duckdb", "is a DuckDB file, but not an llmaudit store"),
    "another version": ("breakdown --db older.duckdb", "has schema version 999"),
    "an empty store": ("breakdown --db empty.duckdb", "no call has been read yet"),
    "nothing in the period": ("breakdown --since 2030-01-01", "the store has calls from 2026-10-01 to 2026-10-31"),
    "unknown command": ("breakdwn", "Did you mean 'breakdown'?"),
    "unknown option": ("breakdown --bye model", "--bye"),
    "unknown format": ("breakdown --format xml", "--format"),
    "unknown dimension": ("breakdown --by featur", "did you mean feature?"),
    "a bill of nothing": ("simulate --plan plan.yaml --scale-to 0", "--scale-to 0: expected what a month costs"),
    "a comma too many": ("breakdown --by feature,", "--by: there is a comma with no name beside it"),
    "a tag of no call": (
        "breakdown --by model,tag:featur",
        "no call has the tag featur\nhint: did you mean tag:feature?",
    ),
    "text without quotes": ("breakdown --where 'feature = search'", "hint: put text in single quotes: 'search'"),
    "dimension given twice": ("breakdown --by model,model", "model is given twice"),
    "unknown column": ("breakdown --where \"featur = 'faq'\"", "did you mean feature?"),
    "compares text with a number": ('breakdown --where "feature = 3"', "compares text with a number"),
    "not a condition": ('breakdown --where "drop table calls"', "not a condition"),
    "inverted period": ("breakdown --since 2026-11-01 --until 2026-10-01", "is not before --until"),
    "not a time": ("breakdown --since tomorrow", "--since: 'tomorrow' is not a time"),
    "no group at all": ("breakdown --top 0", "--top"),
    "neither period nor file": (f"{EXPLAIN[9:]} --before october", "--before october: is neither a period nor a file"),
    "half a period": (f"{EXPLAIN[9:]} --after ..", "--after '..' is not a period"),
    "explained by a tag of no call": (f"{EXPLAIN[9:]} --by tag:featur", "no call has the tag featur"),
    "explained by day": (f"{EXPLAIN[9:]} --by day", "two periods have no day in common"),
    "nothing to explain": (f"{EXPLAIN[9:]} --before ..2020-01-01", "..2020-01-01: no call with a known cost"),
    "unknown model": ("prices show gpt-99", "gpt-99: no price is known for it, and none is guessed"),
    "not a day": ("prices show gpt-4o --at yesterday", "'yesterday' is not a time"),
    "unknown schema": ("schema invoice", "there is no answer called 'invoice'"),
    "no folder for a plan": (
        "optimize --target 20% --output nosuch/f.yaml",
        "nosuch/f.yaml: there is no folder nosuch",
    ),
    "no size": ("optimize --target 20% --memory-limit 2", "--memory-limit 2: is not a size"),
    "no form of a report": ("report -o x.pdf", "x.pdf: a report is no .pdf"),
    "a plan is no report": ("report -o plan.yaml", "plan.yaml: a report is no .yaml"),
    "a report over its plan": ("report --plan plan.yaml -o ./plan.yaml --format html", "is what the report is made of"),
    "a baseline over a plan": ("baseline save --output plan.yaml", "plan.yaml: is a file already, and no baseline"),
    "a baseline over its store": ("baseline save --output llmaudit.duckdb", "llmaudit.duckdb: is a file already"),
    "no such file": ("ingest nowhere.jsonl", "nowhere.jsonl: does not exist"),
    "no match": ("ingest nowhere/*.jsonl", "no file matches this pattern"),
    "no log": ("ingest README.md", "README.md: not a log in a known format"),
    "unknown column to set": ("ingest company_month --set provider=openai", "did you mean provider_name?"),
    "nothing to set": ("ingest company_month --set provider_name", "expected COLUMN=VALUE"),
    "logs and a store": ("breakdown openai_chat --db llmaudit.duckdb", "ask either the store or the logs"),
    "values for a store": ("breakdown --set region=eu", "--set: fills logs that are named here"),
    "no call in the logs": ("breakdown skipped.jsonl", "there is no call in these logs"),
}
WRONG_SETTINGS = {
    "price: {}": ("llmaudit.yaml:1", "did you mean prices?"),
    "attribution:\n  rule: []": ("llmaudit.yaml:2", "did you mean rules?"),
    "attribution:\n  rules:\n    - when: {metadta.app: x}\n      set: {feature: a}": (
        "llmaudit.yaml:3",
        "did you mean metadata.app?",
    ),
    "privacy:\n  userids: plain": ("llmaudit.yaml:2", "did you mean user_ids?"),
    "map:\n  ours:\n    when: [a]\n    columns:\n      input_token: b": (
        "llmaudit.yaml:",
        "did you mean input_tokens?",
    ),
    "prices:\n  gpt-4o*: {multiplyer: 0.85}": (
        "llmaudit.yaml:2: prices.gpt-4o*.multiplyer",
        "did you mean multiplier?",
    ),
    "prices:\n  - model: gpt-4o*\n    servce_tier: batch": (
        "llmaudit.yaml:3: prices.0.servce_tier",
        "mean service_tier?",
    ),
    "prices:\n  - {model: gpt-4o*, multiplier: 0.9}\n  - gpt-5*": ("llmaudit.yaml:3: prices.1", "write what it costs"),
    "prices:\n  gpt-4o*: 0.85": ("llmaudit.yaml:2: prices.gpt-4o*", "write what it costs, such as {multiplier: 0.85}"),
    "check:\n  limits:\n    - metric: cost_per_call\n      max_incrase: 10%": (
        "llmaudit.yaml:4: check.limits.0.max_incrase",
        "did you mean max_increase?",
    ),
    "map:\n  ours:\n    when: [a]\n    columns:\n      input_tokens: {sqll: b}": (
        "llmaudit.yaml:5: map.ours.columns.input_tokens.sqll",
        "did you mean sql?",
    ),
    "prices: [": ("llmaudit.yaml:", "expected"),
}


@pytest.mark.parametrize("name", GOLDEN_COMMANDS)
def test_an_answer_is_as_it_was(name: str, workshop: Workshop, month: Path, update_golden: bool) -> None:
    command = GOLDEN_COMMANDS[name]
    now = f"$ {command}\n{run(command, month).transcript}"
    file = GOLDEN / f"{name}.txt"
    if update_golden:
        file.write_text(now, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == now


def test_there_is_no_golden_file_too_many() -> None:
    assert {file.stem for file in GOLDEN.glob("*.txt")} == set(GOLDEN_COMMANDS)


@pytest.fixture
def elsewhere(month: Path) -> Path:
    """The month, and beside its store other files that are none."""
    shutil.copy(month / "company_month" / "users.csv", month / "users.csv")
    line = (
        '{"type": "user", "sessionId": "s", "timestamp": "2026-10-01T00:00:00Z", "message": {"model": "", "usage": {}}}'
    )
    (month / "skipped.jsonl").write_text(line, encoding="utf-8")
    with duckdb.connect(str(month / "foreign.duckdb")) as foreign:
        foreign.execute("create table invoices (id integer)")
    shutil.copy(month / "llmaudit.duckdb", month / "older.duckdb")
    with duckdb.connect(str(month / "older.duckdb")) as older:
        older.execute("update meta set value = '999' where name = 'schema_version'")
    shutil.copy(month / "llmaudit.duckdb", month / "empty.duckdb")
    with duckdb.connect(str(month / "empty.duckdb")) as empty:
        empty.execute("delete from calls")
    return month


@pytest.mark.parametrize("case", NO_ANSWER)
def test_without_an_answer_it_ends_with_2_and_says_so_on_standard_error(case: str, elsewhere: Path) -> None:
    command, said = NO_ANSWER[case]
    done = run(f"llmaudit {command}", elsewhere)
    assert (done.code, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_log_is_not_taken_for_a_store(elsewhere: Path) -> None:
    done = run("llmaudit breakdown --db users.csv", elsewhere)
    assert (done.code, done.stdout) == (2, "")
    assert "users.csv: " in done.stderr


@pytest.mark.parametrize("form", ["json", "csv", "markdown"])
def test_an_error_leaves_standard_output_empty_in_every_form(form: str, month: Path) -> None:
    done = run(f"llmaudit breakdown --by nothing --format {form}", month)
    assert (done.code, done.stdout) == (2, "")


@pytest.mark.parametrize("content", WRONG_SETTINGS)
def test_a_mistake_in_the_settings_is_named_with_its_place(content: str, month: Path) -> None:
    (month / "llmaudit.yaml").write_text(content, encoding="utf-8")
    done = run("llmaudit breakdown", month)
    place, said = WRONG_SETTINGS[content]
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {place}")
    assert said in done.stderr


def test_something_unreadable_ends_with_1_only_under_strict(month: Path) -> None:
    torn = "company_month/assistant/chat-2026-10-29.jsonl.gz"
    kind = run(f"llmaudit ingest {torn} --db kind.duckdb", month)
    strict = run(f"llmaudit ingest {torn} --db strict.duckdb --strict", month)
    assert (kind.code, strict.code) == (0, 1)
    assert kind.stdout == strict.stdout
    assert f"warning: {torn}:149: " in strict.stderr
    assert run("llmaudit ingest company_month/nightly --db good.duckdb --strict", month).code == 0


def test_strict_fails_again_while_what_it_could_not_read_is_unchanged(month: Path) -> None:
    torn = month / "torn.jsonl"
    whole = (month / "openai_chat" / "input.jsonl").read_text(encoding="utf-8")
    torn.write_text(whole + "{\n", encoding="utf-8")
    command = f"llmaudit ingest {torn.name} company_month/nightly --db strict.duckdb"
    first, second = (run(f"{command} --strict", month) for _ in range(2))
    line = whole.count("\n") + 1
    assert [done.code for done in (first, second)] == [1, 1]
    assert second.stderr == first.stderr
    assert f"warning: torn.jsonl:{line}: " in second.stderr
    kind = run(command, month)
    assert (kind.code, kind.stderr) == (0, "")
    assert kind.stdout.endswith("1 problem of the unchanged files remains (--strict lists it).\n")
    answer = json.loads(run(f"{command} --format json", month).stdout)
    jsonschema.validate(answer, json.loads(schemas.text("ingest")))
    assert (answer["problems"], [problem["line"] for problem in answer["earlier_problems"]]) == ([], [line])
    torn.write_text(whole, encoding="utf-8")
    assert run(f"{command} --strict", month).code == 0
    assert run(f"{command} --strict", month).code == 0


def test_strict_fails_again_for_an_archive_that_ends_early(month: Path) -> None:
    # Cut behind the last line: every record is read, and yet the file is not whole.
    lines = b"".join(line + b"\n" for line in (month / "claude_code" / "input.jsonl").read_bytes().splitlines())
    (month / "cut.jsonl.gz").write_bytes(gzip.compress(lines)[:-4])
    codes = [run("llmaudit ingest cut.jsonl.gz --db strict.duckdb --strict", month).code for _ in range(2)]
    assert codes == [1, 1]


def test_an_unknown_file_among_logs_is_a_problem_and_no_guess(month: Path) -> None:
    done = run("llmaudit ingest openai_chat/input.jsonl README.md --db some.duckdb --strict", month)
    assert done.code == 1
    assert "warning: README.md: not a log in a known format" in done.stderr


@pytest.mark.parametrize("path", ["nothing_here", "README.md", "nowhere"])
def test_what_reads_nothing_leaves_no_store_and_takes_none_away(path: str, month: Path) -> None:
    (month / "nothing_here").mkdir()
    before = {file.name for file in month.iterdir()}
    assert run(f"llmaudit ingest {path} --db new.duckdb", month).code == 2
    assert {file.name for file in month.iterdir()} == before
    assert run(f"llmaudit ingest {path}", month).code == 2
    assert run("llmaudit breakdown", month).code == 0


def test_calls_that_cost_nothing_have_nothing_to_save_or_to_scale(month: Path) -> None:
    header = "response_id,started_at,provider_name,response_model,input_tokens,output_tokens,status"
    refused = "a,2026-10-01T12:00:00Z,openai,gpt-4o,0,0,error"
    (month / "refused.csv").write_text(f"{header}\n{refused}\n", encoding="utf-8")
    assert run("llmaudit ingest refused.csv --db refused.duckdb", month).code == 0
    for command in (SIMULATE, "llmaudit optimize --target 60%"):
        for form in ("table", "markdown"):
            said = run(f"{command} --db refused.duckdb --format {form}", month)
            assert said.code == 0
            assert "cost $0.00; there is nothing to save." in said.stdout.splitlines()[0]
    scaled = run(f"{SIMULATE} --db refused.duckdb --scale-to 50000", month)
    assert (scaled.code, scaled.stdout) == (2, "")
    assert "--scale-to: the calls cost $0, which no scale makes more" in scaled.stderr


def test_the_month_is_what_its_generator_counted(workshop: Workshop) -> None:
    """The figures are those of sample_logs/README.md, which are counted before the logs are written."""
    said = run("llmaudit breakdown --format json", workshop.folder).stdout
    total = json.loads(said)["total"]
    assert {name: total[name] for name in ("calls", "input_tokens", "output_tokens", "list_cost")} == {
        "calls": 6247,
        "input_tokens": 20523845,
        "output_tokens": 568346,
        "list_cost": "52.2945919",
    }
    assert total["cache_read_input_tokens"] == 3071824
    assert total["cache_creation_input_tokens"] == 49940


@pytest.mark.parametrize(
    "command",
    [
        f"{FOUR_FILES} --format json",
        f"{BY_FEATURE} --format json",
        "llmaudit breakdown --by day --top 2 --where \"status <> 'ok'\" --since 2026-10-14 --format json",
        f"{PRICES} --format json",
        f"{SIMULATE} --attribution shapley --format json",
        f"{EXPLAIN} --by tier,model --plan plan.yaml --format json",
        f"{REPORT} --format json",
        "llmaudit report --since 2026-10-14 --until 2026-10-15 --format json",
    ],
)
def test_a_json_answer_is_one_object_that_keeps_its_contract(command: str, month: Path) -> None:
    answer = json.loads(run(command, month).stdout)
    product, name, _ = answer["schema"].split("/")
    assert product == "llmaudit"
    jsonschema.validate(answer, json.loads(schemas.text(name)), format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize("name", schemas.names())
def test_a_schema_is_printed_and_is_one(name: str, tmp_path: Path) -> None:
    schema: dict[str, Any] = json.loads(run(f"llmaudit schema {name}", tmp_path).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)


def test_the_csv_of_a_breakdown_adds_up_to_its_json(month: Path) -> None:
    rows = list(csv.DictReader(run(f"{BY_FEATURE} --format csv", month).stdout.splitlines()))
    total = json.loads(run(f"{BY_FEATURE} --format json", month).stdout)["total"]
    assert sum(int(row["calls"]) for row in rows) == total["calls"]
    assert {row["model"] for row in rows} == {"gpt-4o-2024-08-06", "claude-sonnet-4-6", "gemini-2.5-flash"}


def test_the_store_is_that_of_the_option_else_of_the_environment_else_the_default(month: Path) -> None:
    run("llmaudit ingest openai_chat/input.jsonl --db chat.duckdb", month)
    run("llmaudit ingest claude_code/input.jsonl --db code.duckdb", month)
    command = "llmaudit breakdown --by provider --format csv"
    environment = {"LLMAUDIT_DB": "code.duckdb"}
    by_option = run(f"{command} --db chat.duckdb", month, environment).stdout.splitlines()[1:]
    by_environment = run(command, month, environment).stdout.splitlines()[1:]
    by_default = run(command, month).stdout.splitlines()[1:]
    assert [line.split(",")[0] for line in by_option] == ["openai"]
    assert [line.split(",")[0] for line in by_environment] == ["anthropic"]
    assert {line.split(",")[0] for line in by_default} == {"openai", "anthropic", "gcp.gemini"}


def test_logs_that_are_named_are_asked_instead_of_the_store_and_leave_no_file(month: Path) -> None:
    before = sorted(month.rglob("*"))
    environment = {"LLMAUDIT_DB": "another.duckdb"}
    direct = run(f"{BY_FEATURE} company_month --format json", month, environment)
    assert direct.stdout == run(f"{BY_FEATURE} --format json", month).stdout
    assert direct.stderr.splitlines()[0] == (
        "30 files: 6,277 records = 6,247 calls + 29 duplicates + 0 skipped + 1 unreadable; 8 calls without a known cost"
    )
    assert sorted(month.rglob("*")) == before


def test_only_the_first_problems_stand_beside_an_answer(month: Path) -> None:
    log = month / "torn.jsonl"
    log.write_text((month / "openai_chat" / "input.jsonl").read_text(encoding="utf-8") + "{\n" * 7, encoding="utf-8")
    said = run("llmaudit breakdown torn.jsonl", month).stderr.splitlines()
    assert len(said) == 1 + 5 + 1
    assert said[-1] == "warning: and 2 more; `llmaudit ingest --format json` lists every one"


def test_a_value_that_is_set_fills_only_what_the_log_leaves_out(month: Path) -> None:
    log = month / "log.csv"
    log.write_text(
        "response_id,provider_name,request_model,input_tokens,output_tokens\n"
        "a,,gpt-4o,1000,10\n"
        "b,azure.ai.openai,gpt-4o,1000,10\n",
        encoding="utf-8",
    )
    run("llmaudit ingest log.csv --db set.duckdb --set provider_name=openai", month)
    rows = run("llmaudit breakdown --by provider --db set.duckdb --format csv", month).stdout.splitlines()[1:]
    assert sorted(line.split(",")[:2] for line in rows) == [["azure.ai.openai", "1"], ["openai", "1"]]


def test_without_a_terminal_there_is_no_colour_and_no_progress(month: Path) -> None:
    plain = run(BY_FEATURE, month, {"NO_COLOR": ""})
    assert "\x1b" not in plain.stdout
    assert run(BY_FEATURE, month).stdout == plain.stdout
    assert "\x1b" not in run("llmaudit ingest openai_chat/input.jsonl --db quiet.duckdb", month).stderr


@pytest.mark.skipif(os.name != "posix", reason="a terminal of its own needs a pty")
@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_on_a_terminal_there_is_colour_unless_it_is_not_wanted(month: Path, no_color: str, coloured: bool) -> None:
    seen = _on_terminal(["breakdown"], month, no_color)
    assert ("\x1b[" in seen) is coloured
    assert "gpt-4o-2024-08-06" in seen


@pytest.mark.skipif(os.name != "posix", reason="a terminal of its own needs a pty")
def test_on_a_terminal_ingest_shows_bytes_rate_and_time_left_and_clears_them_before_the_answer(month: Path) -> None:
    files = FOUR_FILES.split()[2:6]
    total = sum((month / file).stat().st_size for file in files)
    seen = _on_terminal([*FOUR_FILES.split()[1:-1], "watched.duckdb"], month)
    progress, _, answer = seen.rpartition("\x1b[2K")
    steps = [line for line in progress.split("\r\x1b[2K") if line.startswith("reading ")]
    assert re.fullmatch(rf"reading 1 \S+ file: 0% of {total / 1000:.3g} kB", steps[0])
    # Four formats are four steps: the later ones know how long the earlier ones took.
    assert re.fullmatch(r"reading 1 \S+ file: [1-9]\d?% of \S+ kB, [\d.]+ [kM]?B/s, \d+:\d\d left", steps[-1])
    assert len({step.split()[2] for step in steps}) == 4
    assert progress.rpartition("\x1b[2K")[2].startswith("counting each call once")
    assert "\r" not in answer.replace("\r\n", "\n")
    assert "records" in answer


@pytest.mark.parametrize(
    ("done", "total", "seconds", "said"),
    [
        (0, 5_000_000_000, 2.0, "0% of 5.0 GB"),
        (250_000_000, 1_000_000_000, 5.0, "25% of 1.0 GB, 50 MB/s, 0:15 left"),
        (1_000, 3_700_000, 1.0, "0% of 3.7 MB, 1 kB/s, 1:01:39 left"),
        (700, 700, 0.5, "100% of 700 B, 1.4 kB/s, 0:00 left"),
        (0, 0, 1.0, "0 B"),
    ],
)
def test_how_far_it_is(done: int, total: int, seconds: float, said: str) -> None:
    assert far_of(done, total, seconds) == said


def _on_terminal(arguments: list[str], folder: Path, no_color: str = "1") -> str:
    """What the command writes to a terminal of 80 columns."""
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": no_color, "TERM": "xterm"}
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "llmaudit", *arguments], cwd=folder, env=environment, stdout=theirs, stderr=theirs
    ):
        os.close(theirs)
        seen = b""
        try:
            while chunk := os.read(ours, 1 << 16):
                seen += chunk
        except OSError:
            pass  # Linux says EIO when the other side of a terminal has gone
    os.close(ours)
    return seen.decode()


def test_every_attempt_of_the_month_is_told_as_such(month: Path) -> None:
    # The generator knows how many it made; the logs of LiteLLM among them do not number theirs.
    fact = re.search(r"\| second and third attempts \| (\d+) \|", (month / "README.md").read_text(encoding="utf-8"))
    assert fact
    with duckdb.connect(str(month / "llmaudit.duckdb"), read_only=True) as store:
        assert store.execute("select count(*) from calls where attempt > 1").fetchone() == (int(fact[1]),)


def test_python_m_llmaudit_is_the_command(month: Path) -> None:
    done = spawn([sys.executable, "-m", "llmaudit", "breakdown", "--by", "provider", "--format", "csv"], month)
    assert done.returncode == 0
    assert done.stdout == run("llmaudit breakdown --by provider --format csv", month).stdout


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
def test_a_reader_that_goes_away_is_no_failure(month: Path) -> None:
    pipe = f"{sys.executable} -m llmaudit breakdown --by conversation,user --format csv | head -1"
    done = spawn(["bash", "-o", "pipefail", "-c", pipe], month)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("conversation,user,calls,")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the device that is always full is Linux's")
def test_an_answer_that_cannot_be_written_is_none_and_is_no_bug(month: Path) -> None:
    full = f"{sys.executable} -m llmaudit breakdown >/dev/full"
    done = spawn(["bash", "-c", full], month)
    assert (done.returncode, done.stderr) == (2, "error: cannot write the answer: No space left on device\n")


@pytest.mark.parametrize("mistake", [ValueError("not foreseen"), OSError(5, "not foreseen")])
def test_a_bug_shows_its_traceback_and_is_never_the_answer_no(
    mistake: Exception, month: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise mistake

    monkeypatch.setattr("llmaudit.render.breakdown.rendered", broken)
    done = run("llmaudit breakdown", month)
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr.startswith("Traceback (most recent call last):")
    assert "not foreseen" in done.stderr
    assert done.stderr.endswith("error: this is a bug in llmaudit: please report it with the lines above\n")


def test_a_screen_without_our_signs_still_gets_the_answer(month: Path) -> None:
    command = [sys.executable, "-m", "llmaudit", "breakdown", "--by", "feature"]
    plain = spawn(command, month)
    done = spawn(command, month, {"PYTHONIOENCODING": "iso8859-5"})
    assert (done.returncode, done.stderr) == (0, plain.stderr)
    assert done.stdout == plain.stdout.encode("iso8859-5", "replace").decode()


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    heavy = {"duckdb", "pydantic", "rich", "pyarrow", "pandas", "genai_prices", "sqlglot", "yaml", "boto3", "tiktoken"}
    program = (
        "import sys\n"
        "from llmaudit.cli import main\n"
        "sys.argv = ['llmaudit', '--help']\n"
        "try:\n    main()\n"
        "except SystemExit:\n    print('loaded:', *{name.partition('.')[0] for name in sys.modules})\n"
    )
    said = spawn([sys.executable, "-c", program], tmp_path).stdout
    loaded = set(said.rpartition("loaded:")[2].split())
    assert "typer" in loaded
    assert loaded & heavy == set()
