"""Logs of which little can be said: every command keeps the contract of its JSON, or says why there is no answer."""

import json
from pathlib import Path

import jsonschema
import pytest

from llmaudit import schemas
from tests.cli.transcripts import run

HEADER = (
    "response_id,started_at,provider_name,response_model,input_tokens,output_tokens,status,feature,duration_seconds"
)
LOGS = {
    "no time": ["a,,openai,gpt-4o,1000,10,ok,f,1.5", "b,,openai,gpt-4o,1000,10,ok,,"],
    "no price": ["a,2026-10-01T00:00:00Z,openai,no-such,1000,10,ok,f,1.5", "b,2026-10-03T00:00:00Z,,,1000,10,ok,f,"],
    "only failures": [
        "a,2026-10-01T00:00:00Z,openai,gpt-4o,,,error,f,1.5",
        "b,2026-10-03T00:00:00Z,openai,gpt-4o,0,0,rate_limited,f,",
    ],
    "nothing to pay": [f"{day},2026-10-0{day}T00:00:00Z,openai,gpt-4o,0,0,ok,f,0" for day in (1, 2)],
    "a bit of each": [
        "a,2026-10-01T00:00:00Z,openai,gpt-4o,1000,10,ok,f,1.5",
        "b,,openai,no-such,1000,10,ok,g,",
        "c,2026-10-03T00:00:00Z,anthropic,claude-sonnet-4-5,2000,10,timeout,<b>|`,1.5",
        "d,1969-12-31T23:59:59Z,openai,gpt-4o,1000,10,ok,f,1.5",
        "e,2262-01-01T00:00:00Z,openai,gpt-4o,1000,10,ok,f,1e9",
    ],
}
PLAN = """
steps:
  - route: {from: "*", to: gpt-4o-mini, quality: {score: helpful}}
  - prompt_cache: {}
  - response_cache: {}
  - trim: {top_k: 2}
  - batch: {}
"""
COMMANDS = {
    "breakdown --by feature,user": "breakdown",
    "breakdown --by day": "breakdown",
    "breakdown --since 2026-10-01 --until 2026-10-02": "breakdown",
    "simulate --plan plan.yaml --attribution shapley": "simulate",
    "simulate --plan plan.yaml --frontier": "frontier",
    "explain --before ..2026-10-02 --after 2026-10-02.. --by feature,model --plan plan.yaml": "explain",
    "optimize --target 10% --output found.yaml": "optimize",
    "check --baseline baseline.json": "check",
    "report": "report",
    "report --plan plan.yaml": "report",
}


@pytest.fixture(scope="module", params=LOGS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one of the logs, its store, its baseline, a plan and a limit."""
    where = tmp_path_factory.mktemp("odd")
    (where / "log.csv").write_text("\n".join([HEADER, *LOGS[request.param], ""]), encoding="utf-8")
    (where / "plan.yaml").write_text(PLAN, encoding="utf-8")
    limit = "{metric: cost_per_call, by: feature, max_increase: 10%}"
    (where / "llmaudit.yaml").write_text(f"check: {{limits: [{limit}]}}\n", encoding="utf-8")
    for command in ("ingest log.csv --format json", "baseline save --output baseline.json"):
        done = run(f"llmaudit {command}", where)
        assert done.code == 0, done.stderr
    return where


@pytest.mark.parametrize("command", COMMANDS)
def test_an_answer_keeps_its_contract_or_there_is_none(command: str, folder: Path) -> None:
    done = run(f"llmaudit {command} --format json", folder)
    assert "Traceback" not in done.stderr
    if not done.stdout:
        assert (done.code, done.stderr.split(":")[0]) == (2, "error")
        return
    answer = json.loads(done.stdout, parse_constant=pytest.fail)
    assert answer["schema"].split("/")[1] == COMMANDS[command]
    jsonschema.validate(answer, json.loads(schemas.text(COMMANDS[command])), format_checker=jsonschema.FormatChecker())
