"""Prices in llmaudit.yaml that no call is ever charged: said with their place and what may have been meant."""

from pathlib import Path

import pytest

from tests.cli.transcripts import run

LOG = """response_id,provider_name,request_model,input_tokens,output_tokens
a,openai,gpt-4o-2024-08-06,1000,100
b,gcp.gemini,gemini-2.5-flash,1000,100
c,aws.bedrock,us.anthropic.claude-haiku-4-5-20251001-v1:0,1000,100
d,azure.ai.openai,our-deployment,1000,100
"""
FITTING = ["gpt-4o*", "openai/gpt-4o", "*claude-haiku*", "GEMINI*", "gcp.gemini/*"]
IDLE = {
    "gpt-4oo*: {multiplier: 0.5}": "prices.gpt-4oo*: fits no model of these calls: did you mean gpt-4o-2024-08-06?",
    "gpt4o: {multiplier: 0.5}": "prices.gpt4o: fits no model of these calls: did you mean gpt-4o-2024-08-06?",
    "llama3*: {input: 1, output: 1}": "prices.llama3*: fits no model of these calls",
    "gemini*: {multiplier: 0.5, provider: openai}": (
        "prices.gemini*: fits no model of these calls at openai, only at gcp.gemini"
    ),
    # An alias is for names in the log, and openai/gpt-4o is none.
    "openai/gpt-4o: {alias: openai/gpt-4o-mini}": (
        "prices.openai/gpt-4o: fits no model of these calls: did you mean gpt-4o-2024-08-06?"
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "log.csv").write_text(LOG, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("pattern", FITTING)
def test_a_price_that_fits_by_any_name_of_a_model_is_not_mentioned(pattern: str, folder: Path) -> None:
    (folder / "llmaudit.yaml").write_text(f"prices:\n  {pattern}: {{multiplier: 0.5}}\n", encoding="utf-8")
    assert "prices." not in run("llmaudit breakdown log.csv", folder).stderr


@pytest.mark.parametrize("row", IDLE)
def test_a_price_that_fits_no_model_is_a_warning_with_its_line(row: str, folder: Path) -> None:
    known = "our-deployment: {alias: openai/gpt-4o}"
    (folder / "llmaudit.yaml").write_text(f"prices:\n  {known}\n  {row}\n", encoding="utf-8")
    said = f"warning: llmaudit.yaml:3: {IDLE[row]}\n"
    assert run("llmaudit ingest log.csv", folder).stderr == said
    assert run("llmaudit breakdown --format json", folder).stderr == said
    assert run("llmaudit breakdown log.csv", folder).stderr.splitlines()[1:] == [said.strip()]


def test_rows_for_models_of_other_logs_share_a_line(folder: Path) -> None:
    rows = [f"{model}: {{multiplier: 0.5}}" for model in ("llama3*", "gpt-4oo*", "mistral*", "gpt-4o*", "command*")]
    (folder / "llmaudit.yaml").write_text("prices:\n  " + "\n  ".join(rows) + "\n", encoding="utf-8")
    assert run("llmaudit breakdown log.csv", folder).stderr.splitlines()[1:] == [
        "warning: llmaudit.yaml:3: prices.gpt-4oo*: fits no model of these calls: did you mean gpt-4o-2024-08-06?",
        "warning: 3 rows of prices fit no model of these calls: llama3* (llmaudit.yaml:2), mistral* (llmaudit.yaml:4), "
        "command* (llmaudit.yaml:6)",
    ]


def test_a_list_of_prices_has_lines_too(folder: Path) -> None:
    rows = "  - {model: gpt-4o*, multiplier: 0.5}\n  - model: gpt-5*\n    multiplier: 0.5\n"
    for start in ("prices:\n", "prices:\n  rules:\n"):
        (folder / "llmaudit.yaml").write_text(start + rows, encoding="utf-8")
        line = start.count("\n") + 2
        assert (
            f"warning: llmaudit.yaml:{line}: prices.gpt-5*: fits no" in run("llmaudit breakdown log.csv", folder).stderr
        )
