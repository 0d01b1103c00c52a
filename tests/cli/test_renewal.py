"""Settings that are not those a store was derived from last: what they change is said, wherever a command runs."""

from pathlib import Path

import pytest

from tests.cli.transcripts import run

SETTINGS = """
attribution:
  rules:
    - {when: {path: search.csv}, set: {feature: search}}
complexity:
  long: output_tokens > 50
prices:
  gpt-4o: {multiplier: 0.5}
"""
HEADER = "response_id,provider_name,request_model,input_tokens,output_tokens,status\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store of three calls: two of search.csv, one of which was refused and costs nothing, and one of rest.csv."""
    (tmp_path / "search.csv").write_text(
        f"{HEADER}a,openai,gpt-4o,1000,100,ok\nb,openai,gpt-4o,,,error\n", encoding="utf-8"
    )
    (tmp_path / "rest.csv").write_text(f"{HEADER}c,openai,gpt-4o,1000,10,ok\n", encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "llmaudit.yaml").write_text(SETTINGS, encoding="utf-8")
    assert run("llmaudit ingest search.csv rest.csv", tmp_path).stderr == ""
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        "breakdown --format json",
        "report --format json",
        "explain --before ../llmaudit.duckdb --after ../llmaudit.duckdb --format json",
        "baseline save --output b.json",
    ],
)
def test_a_folder_without_the_settings_takes_their_effect_away_and_says_so_once(command: str, folder: Path) -> None:
    done = run(f"llmaudit {command} --db ../llmaudit.duckdb", folder / "elsewhere")
    without = "without llmaudit.yaml, which is not in this folder"
    # One was long and two complex; by our rules two are simple, and of the refused one it is unknown.
    assert [line for line in done.stderr.splitlines() if not line.startswith("b.json")] == [
        f"warning: ../llmaudit.duckdb: attributed anew {without}: 2 calls changed feature, tier or environment",
        f"warning: ../llmaudit.duckdb: judged anew {without}: 3 calls changed complexity",
        f"warning: ../llmaudit.duckdb: priced anew {without}: 2 calls changed cost",
        "hint: the next command that runs beside llmaudit.yaml derives them as before",
    ]
    assert "warning" not in done.stdout
    again = run(f"llmaudit {command} --db ../llmaudit.duckdb", folder / "elsewhere")
    assert "anew" not in again.stderr


def test_new_rules_say_how_much_they_changed(folder: Path) -> None:
    (folder / "llmaudit.yaml").write_text(SETTINGS.replace("path: search.csv", "path: rest.csv"), encoding="utf-8")
    done = run("llmaudit breakdown --by feature --format csv", folder)
    anew = "note: llmaudit.duckdb: attributed anew as llmaudit.yaml says now"
    assert done.stderr == f"{anew}: 3 calls changed feature, tier or environment\n"


def test_an_ingest_says_it_too(folder: Path) -> None:
    (folder / "llmaudit.yaml").write_text(SETTINGS.replace("0.5", "0.25"), encoding="utf-8")
    (folder / "more.csv").write_text(f"{HEADER}d,openai,gpt-4o,1000,10,ok\n", encoding="utf-8")
    done = run("llmaudit ingest more.csv", folder)
    assert done.stderr == "note: llmaudit.duckdb: priced anew as llmaudit.yaml says now: 2 calls changed cost\n"


def test_settings_that_change_no_call_are_not_mentioned(folder: Path) -> None:
    (folder / "llmaudit.yaml").write_text(f"{SETTINGS}  gpt-4*: {{multiplier: 0.1}}\n", encoding="utf-8")
    assert run("llmaudit breakdown", folder).stderr == ""
