"""`llmaudit bottleneck` as a person meets it: offline over the sample, with limits, recorded, interrupted, misspelt."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from llmaudit import schemas
from tests.cli.transcripts import CHECKOUT, SAMPLE_LOGS, run


def test_it_works_at_once(tmp_path: Path) -> None:
    said = run("llmaudit bottleneck --rounds 2 --format json", tmp_path)
    assert (said.code, said.stderr) == (0, "")
    answer = json.loads(said.stdout)
    jsonschema.validate(answer, json.loads(schemas.text("bottleneck")))
    assert [stage["stage"] for stage in answer["stages"]][:4] == ["embedding", "retrieval", "rerank", "generation"]
    assert (answer["queries"], answer["rounds"], answer["measured"], answer["errors"]) == (40, 2, 80, 0)
    assert all(stage["calls"] == 80 for stage in answer["stages"][:4])
    assert answer["facts"]["llmaudit.stand_ins"] == "embedding, generation"


def test_a_limit_decides_the_exit_code(tmp_path: Path) -> None:
    usual = "llmaudit bottleneck --rounds 1 --warmup 0"
    kept = run(f"{usual} --slo p50=100s --slo errors=0%", tmp_path)
    assert (kept.code, kept.stdout.splitlines()[0]) == (0, "No bottleneck: within the SLO, over 40 queries.")
    missed = run(f"{usual} --slo p50=0.001ms", tmp_path)
    assert missed.code == 1
    assert "MORE THAN 0.001 ms" in missed.stdout
    unknown = run(f"{usual} --slo ttft=1s", tmp_path)
    assert unknown.code == 2
    assert unknown.stderr == "error: nothing was measured that ttft could be held against\n"


def test_what_was_recorded_gives_the_same_answer_again(tmp_path: Path) -> None:
    first = run("llmaudit bottleneck --rounds 1 --record run.json --format json", tmp_path)
    jsonschema.validate(json.loads((tmp_path / "run.json").read_text()), json.loads(schemas.text("run")))
    again = run("llmaudit bottleneck --run run.json --format json", tmp_path)
    assert (first.code, again.code) == (0, 0)
    assert json.loads(again.stdout) == json.loads(first.stdout)
    # Neither a question nor an answer is written down.
    questions = [json.loads(line)["query"] for line in (SAMPLE_LOGS / "rag" / "queries.jsonl").open()]
    assert not any(question in (tmp_path / "run.json").read_text() for question in questions)


@pytest.mark.parametrize(
    ("files", "command", "error"),
    [
        (
            {"q.jsonl": '{"query": "a"}\nb\n'},
            "--queries q.jsonl",
            "q.jsonl:2: not JSON at character 1: Expecting value",
        ),
        ({"q.jsonl": ""}, "--queries q.jsonl", "q.jsonl: there is no query in it"),
        ({}, "--queries none.jsonl", "none.jsonl: No such file or directory"),
        ({}, "--slo p95", "--slo p95: is not a limit"),
        ({}, "--record nosuch/x.json", "nosuch/x.json: there is no folder nosuch"),
        ({}, "--record .", ".: is a folder"),
        ({}, "--rate 0", "--rate 0: is a number of queries a second, above 0"),
        ({}, "--timeout soon", "--timeout soon: a duration is a number above 0 and a unit, such as 800ms, 1.5s or 2m"),
        ({}, "--run a.json --rate 2 --max-calls 3", "--rate and --max-calls: nothing is asked with --run"),
        ({}, "--traces a.json --queries q.jsonl", "--queries: nothing is asked with --traces"),
        ({}, "--run a.json --pipeline b.yaml", "--pipeline and --run are two ways in"),
        (
            {"p.yaml": "embed: {kind: hashing}\nretrieve: {kind: pinecone}\ngenerate: {kind: extractive}\n"},
            "--pipeline p.yaml",
            "p.yaml:2: retrieve.kind: there is no such kind: pinecone",
        ),
        (
            {"p.yaml": "embed: {kind: hashing}\nretrieve:\n  kind: duckdb\n  topk: 3\ngenerate: {kind: extractive}\n"},
            "--pipeline p.yaml",
            "p.yaml:4: retrieve.topk: is not a known setting",
        ),
        (
            {"p.yaml": "embed: {}\nretrieve: {kind: duckdb}\ngenerate: {kind: extractive}\n"},
            "--pipeline p.yaml",
            "p.yaml:1: embed.kind: a part needs a kind",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, files: dict[str, str], command: str, error: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    said = run(f"llmaudit bottleneck {command}", tmp_path)
    assert (said.code, said.stdout, said.stderr.splitlines()[0]) == (2, "", f"error: {error}")


def test_why_every_query_of_an_application_failed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "boom_app.py").write_text("def boom(question):\n    return 1 / 0\n")
    (tmp_path / "q.jsonl").write_text('{"query": "a"}\n{"query": "b"}\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    asked = "llmaudit bottleneck --app boom_app:boom --queries q.jsonl --rounds 2 --warmup 0"
    told = run(asked, tmp_path)
    assert told.code == 2
    assert "Failed outside of every stage: ZeroDivisionError 4 ×" in told.stdout
    answer = json.loads(run(f"{asked} --format json", tmp_path).stdout)
    jsonschema.validate(answer, json.loads(schemas.text("bottleneck")))
    assert answer["error_types"] == {"ZeroDivisionError": 4}


def test_two_pipelines_are_compared_in_turns(tmp_path: Path) -> None:
    parts = "embed: {kind: hashing}\nrerank: {kind: bm25}\ngenerate: {kind: extractive}\n"
    (tmp_path / "few.yaml").write_text(f"{parts}retrieve: {{kind: duckdb, top_k: 1}}\n")
    (tmp_path / "all.yaml").write_text(f"{parts}retrieve: {{kind: duckdb, top_k: 240}}\n")
    asking = "llmaudit bottleneck --rounds 1 --warmup 0 --pipeline few.yaml --compare"
    said = run(f"{asking} all.yaml --format json", tmp_path)
    assert said.code == 0
    answer = json.loads(said.stdout)
    jsonschema.validate(answer, json.loads(schemas.text("comparison")))
    for side in ("first", "second"):
        jsonschema.validate(answer[side], json.loads(schemas.text("bottleneck")))
    assert (answer["verdict"], answer["pairs"], answer["left_out"]) == ("slower", 40, 0)
    assert answer["first"]["measured"] == answer["second"]["measured"] == 40
    assert run(f"{asking} all.yaml", tmp_path).stdout.startswith("The second is slower by ")
    assert run(f"{asking} all.yaml --record x.json", tmp_path).code == 2


PAID = (
    "embed: {kind: hashing}\nretrieve: {kind: duckdb}\ngenerate: {kind: openai, model: gpt-4o-mini, key: env:NOT_SET}\n"
)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ("", "and nobody is here to be asked"),
        ("--max-cost 0.001", "--max-cost allows $0.00100"),
        ("--max-cost 1", "and nobody is here to be asked"),
        ("--max-cost 1 --yes", "error: key: the environment variable NOT_SET is not set"),
    ],
)
def test_calls_that_cost_money_are_asked_for_before_they_are_made(tmp_path: Path, options: str, error: str) -> None:
    (tmp_path / "paid.yaml").write_text(PAID)
    said = run(f"llmaudit bottleneck --pipeline paid.yaml {options}", tmp_path)
    assert (said.code, said.stdout) == (2, "")
    assert error in said.stderr
    # 3 × 40 queries and 3 to warm up.
    assert "about 123 requests to api.openai.com will be made, for about $0.0" in said.stderr


def test_a_model_without_a_price_has_an_unknown_cost_and_not_none(tmp_path: Path) -> None:
    (tmp_path / "paid.yaml").write_text(PAID.replace("gpt-4o-mini", "gpt-99"))
    said = run("llmaudit bottleneck --pipeline paid.yaml --max-cost 1000 --yes", tmp_path)
    assert said.code == 2
    assert "an unknown amount (gpt-99: no price); --max-cost allows $1,000.00" in said.stderr


def test_ctrl_c_shows_what_was_measured(tmp_path: Path) -> None:
    asking = "llmaudit bottleneck --rounds 100000 --warmup 0 --format json --record run.json"
    command = [sys.executable, "-m", *asking.split()]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    # A terminal of its own, in which progress is shown: it tells when the first query is done.
    ours, theirs = os.openpty()
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=theirs, text=True)
    os.close(theirs)
    shown = b""
    while b"queries" not in shown:
        shown += os.read(ours, 1000)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=120)
    os.close(ours)
    assert process.returncode == 0
    answer = json.loads(out)
    jsonschema.validate(answer, json.loads(schemas.text("bottleneck")))
    assert answer["facts"]["llmaudit.interrupted"] is True
    assert 0 < answer["measured"] < answer["facts"]["llmaudit.planned"] == 4_000_000
    assert len(json.loads((tmp_path / "run.json").read_text())["queries"]) == answer["measured"]
