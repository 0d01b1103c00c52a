"""What is in the logs and nobody's business is in no output and in no byte of the store."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.cli.transcripts import run as llmaudit

from .harness import Run, chat, claude, ingest, jsonl, query

# Assembled here, so that no scanner takes this file for a leak.
OPENAI_KEY = "sk-" + "proj-Qm7Vx2Lr9TzKd4HsWn8BpYc3JfGa6EuR"
ANTHROPIC_KEY = "sk-" + "ant-api03-Zt5Kw8Nq1XyRb7MvUd3PhLc9SgFj2AeC"
AWS_KEY = "AKIA" + "Q7ZPX3LMWN5RTV2B"
PROXY_KEY = "sk-" + "lite-8GhTk2WvQx6Bn4Rz"
SECRETS = {
    "OpenAI key": OPENAI_KEY,
    "Anthropic key": ANTHROPIC_KEY,
    "AWS key": AWS_KEY,
    "proxy key": PROXY_KEY,
}
TEXTS = {
    "prompt": "zanzibar-marmalade-quorum",
    "system prompt": "obsidian-pelican-treaty",
    "answer": "velvet-thermostat-oracle",
    "error message": "crimson-haddock-invoice",
    "user": "ottoline.vandersnoot@example.test",
    "tool argument": "periwinkle-anvil-sonata",
}


def openai_pair(number: int, status: int, response: object) -> dict[str, Any]:
    """An exchange whose request, headers and metadata carry what must not be kept."""
    return {
        "uri": "https://api.openai.com/v1/chat/completions",
        "method": "POST",
        "request_headers": {"authorization": f"Bearer {OPENAI_KEY}", "x-aws": AWS_KEY},
        "headers": {"Authorization": f"Bearer {OPENAI_KEY}"},
        "request": {
            "model": "gpt-4o-mini",
            "messages": [
                {"role": "system", "content": f"{TEXTS['system prompt']} {OPENAI_KEY}"},
                {"role": "user", "content": f"{TEXTS['prompt']} {number} {AWS_KEY}"},
            ],
            "tools": [{"type": "function", "function": {"name": "f", "description": TEXTS["tool argument"]}}],
            "user": TEXTS["user"],
            "metadata": {"feature": "search", "leaked": OPENAI_KEY, "also": f"key={AWS_KEY}"},
        },
        "status": status,
        "response_headers": {"content-type": "application/json", "set-cookie": ANTHROPIC_KEY},
        "response": response,
    }


def answered(number: int) -> dict[str, Any]:
    """A good body that repeats secrets."""
    message = {"role": "assistant", "content": f"{TEXTS['answer']} {OPENAI_KEY}"}
    return chat(str(number), "gpt-4o-mini", choices=[{"index": 0, "message": message, "finish_reason": "stop"}])


def session() -> list[dict[str, Any]]:
    """A Claude Code session with secrets in both directions."""
    answer = claude("msg_1", 20, "2026-01-05T10:00:04.000Z")
    arguments = {"command": f"export KEY={ANTHROPIC_KEY} {TEXTS['tool argument']}"}
    answer["message"]["content"] = [
        {"type": "text", "text": TEXTS["answer"]},
        {"type": "tool_use", "id": "t", "name": "Bash", "input": arguments},
    ]
    content = f"{TEXTS['prompt']} {ANTHROPIC_KEY}"
    ask = {"type": "user", "timestamp": "2026-01-05T10:00:00.000Z", "message": {"role": "user", "content": content}}
    return [ask, answer]


def litellm(number: int, status: str) -> dict[str, Any]:
    """A LiteLLM row whose key was never hashed."""
    failed = status == "failure"
    return {
        "id": f"litellm-{number}",
        "litellm_call_id": f"litellm-{number}",
        "trace_id": f"trace-{number}",
        "call_type": "acompletion",
        "cache_hit": None,
        "stream": False,
        "status": status,
        "custom_llm_provider": "openai",
        "saved_cache_cost": 0.0,
        "startTime": 1767225600.25,
        "endTime": 1767225601.25,
        "completionStartTime": 1767225600.75,
        "response_time": 1.0,
        "model": "gpt-4o-mini",
        "model_group": "gpt-4o-mini",
        "metadata": {"user_api_key_hash": PROXY_KEY, "user_api_key_alias": None, "user_api_key_user_id": TEXTS["user"]},
        "response_cost": 0.0 if failed else 0.001,
        "prompt_tokens": 0 if failed else 10,
        "completion_tokens": 0 if failed else 5,
        "total_tokens": 0 if failed else 15,
        "request_tags": [],
        "end_user": TEXTS["user"],
        "messages": [{"role": "user", "content": f"{TEXTS['prompt']} {PROXY_KEY}"}],
        "response": {"choices": [{"message": {"content": TEXTS["answer"]}}]},
        "error_str": f"{TEXTS['error message']} {PROXY_KEY}" if failed else None,
        "error_information": {"error_code": "401", "error_message": f"{TEXTS['error message']} {PROXY_KEY}"},
    }


def write_logs(logs: Path) -> None:
    """Secrets everywhere a log has room for them, also in lines that cannot be read."""
    refused = {"error": {"message": f"{TEXTS['error message']}: {OPENAI_KEY}", "type": "invalid_request_error"}}
    jsonl(logs / "pairs.jsonl", [openai_pair(1, 200, answered(1)), openai_pair(2, 401, refused)])
    jsonl(logs / "session.jsonl", session())
    jsonl(logs / "litellm.jsonl", [litellm(1, "success"), litellm(2, "failure")])
    jsonl(logs / "broken.jsonl", [chat("8", "gpt-4o"), chat("9", "gpt-4o", OPENAI_KEY), {"note": TEXTS["prompt"]}])
    with (logs / "broken.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('{"prompt": "' + f"{TEXTS['prompt']} {ANTHROPIC_KEY}\n{AWS_KEY} {TEXTS['answer']}\n")
    (logs / "notes.txt").write_text(f"remember: {OPENAI_KEY} {TEXTS['prompt']}\n", encoding="utf-8")
    header = "response_id,started_at,provider_name,response_model,input_tokens,output_tokens,api_key_id,user_id\n"
    row = f"2026-01-01T00:00:00Z,openai,gpt-4o-mini,100,10,{OPENAI_KEY},{TEXTS['user']}\n"
    bad = f"c,2026-01-01T00:00:00Z,openai,gpt-4o-mini,{AWS_KEY},10,{OPENAI_KEY},{TEXTS['user']}\n"
    (logs / "usage.csv").write_text(f"{header}a,{row}b,{row}{bad}", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Aftermath:
    """The logs with secrets, read into a store twice over (a table, then JSON again with `--strict`), and reported."""

    db: Path
    runs: list[Run]


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Aftermath:
    root = tmp_path_factory.mktemp("secrets")
    (root / "logs").mkdir()
    (root / "store").mkdir()
    write_logs(root / "logs")
    db = root / "store" / "audit.duckdb"
    runs = [
        ingest(root / "logs", db=db, output="table"),
        ingest(root / "logs", db=db, options=("--strict",)),
        ingest(root / "logs", db=root / "store" / "other.duckdb"),
        ingest(root / "logs" / "notes.txt", db=root / "store" / "none.duckdb"),
    ]
    assert [run.code for run in runs[::2]] == [0, 0], runs[0].stderr
    for report in ("report.html", "report.json"):
        assert llmaudit(["llmaudit", "report", "--db", str(db), "--output", report], db.parent).code == 0
    return Aftermath(db, runs)


def everything_stored(folder: Path) -> str:
    """All bytes of all files beside the store, and all its rows as text, since columns may be packed on disk."""
    texts = [path.read_bytes().decode("latin-1") for path in sorted(folder.rglob("*")) if path.is_file()]
    for db in sorted(folder.glob("*.duckdb")):
        with duckdb.connect(str(db), read_only=True) as connection:
            tables = connection.execute("select table_schema, table_name from information_schema.tables").fetchall()
            for schema, table in tables:
                rows = connection.execute(f'select * from "{schema}"."{table}"').fetchall()
                texts.append(json.dumps(rows, default=str, ensure_ascii=False))
    return "\n".join(texts)


@pytest.mark.parametrize("name", [*SECRETS, *TEXTS])
def test_planted_string_is_nowhere(aftermath: Aftermath, name: str) -> None:
    # A key is looked for by its middle too, since a shortened key is still a part of one.
    planted = [SECRETS[name], SECRETS[name][8:20]] if name in SECRETS else [TEXTS[name]]
    stored = everything_stored(aftermath.db.parent)
    said = "\n".join(run.stdout + run.stderr for run in aftermath.runs)
    assert [text for text in planted if text in stored] == []
    assert [text for text in planted if text in said] == []


def test_no_command_says_a_planted_string(aftermath: Aftermath, tmp_path: Path) -> None:
    """Asked of the store and, where nothing was redacted by an ingest before, of the logs themselves."""
    (tmp_path / "plan.yaml").write_text("steps: [response_cache: , batch: , route: {from: '*', to: gpt-4o-mini}]\n")
    limit = "{metric: cost_per_call, by: feature, max_increase: 10%}"
    (tmp_path / "llmaudit.yaml").write_text(f"check: {{limits: [{limit}]}}\n")
    dimensions = "--by user,key,conversation,feature,tag:leaked,tag:also,system_prompt"
    periods = "--before 2026-01-01..2026-01-03 --after 2026-01-03..2026-01-06"
    store, logs = f"--db {aftermath.db}", aftermath.db.parents[1] / "logs"
    commands = [
        *(f"breakdown {dimensions} --format {form} {store}" for form in ("table", "json", "csv", "markdown")),
        f"breakdown {logs} {dimensions} --format json",
        *(f"{command} --format {form}" for form in ("table", "json") for command in (
            f"explain {periods} --by user,key {store}",
            f"simulate --plan plan.yaml --attribution shapley {store}",
            f"optimize --target 1% --output {form}.yaml {store}",
        )),
        f"baseline save --output baseline.json {store}",
        f"check --baseline baseline.json --format json {store}",
        f"report --plan plan.yaml --output report.md {store}",
    ]  # fmt: skip
    for command in commands:
        done = llmaudit(f"llmaudit {command}", tmp_path)
        said = done.said + "".join(file.read_text(encoding="utf-8") for file in tmp_path.iterdir())
        assert not done.stderr.startswith("error"), done.stderr
        assert [text for text in (*SECRETS.values(), *TEXTS.values()) if text in said] == [], command


def test_the_calls_themselves_are_kept(aftermath: Aftermath) -> None:
    """Nothing is found in the store because it was redacted, not because nothing was read."""
    expected = {"pairs.jsonl": 2, "session.jsonl": 1, "litellm.jsonl": 2, "broken.jsonl": 1, "usage.csv": 2}
    assert query(aftermath.db, "select count(*) from calls") == [(sum(expected.values()),)]
    assert query(aftermath.db, "select status, count(*) from calls group by status order by status") == [
        ("error", 2),
        ("ok", 6),
    ]


def test_api_key_is_a_keyed_fingerprint(aftermath: Aftermath) -> None:
    """One key has one fingerprint in a store, short, and another one in another store."""
    sql = "select distinct api_key_id from calls where input_tokens = 100 and cache_read_input_tokens is null"
    ((here,),) = query(aftermath.db, sql)
    ((there,),) = query(aftermath.db.parent / "other.duckdb", sql)
    assert here != there
    assert 4 <= len(here) <= 32
    assert not any(part in here for part in (OPENAI_KEY[8:14], OPENAI_KEY[-6:]))


def test_user_is_a_keyed_hash(aftermath: Aftermath) -> None:
    """One person has one hash in a store, whatever the format, and another one in another store."""
    sql = "select distinct user_id from calls where user_id is not null"
    ((here,),) = query(aftermath.db, sql)
    ((there,),) = query(aftermath.db.parent / "other.duckdb", sql)
    assert here != there
