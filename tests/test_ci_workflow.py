"""The workflow of docs/ci.md and the action, run step by step from a clean clone: a change that passes, one that fails.

What GitHub itself does (`uses:` steps, the API behind `gh`) is stood in for: checkouts are clones of what is committed,
`gh api` is a program that keeps comments in a file. Everything in a `run:` block runs as it stands, in bash -e as on
GitHub's machines.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.transcripts import CHECKOUT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs bash, as the workflow does")

EVALUATE = '''
"""An application that asks a model 300 questions and logs what it got, without a network."""
import json, pathlib, random, sys

SYSTEM_PROMPT_TOKENS = 800
draw = random.Random(sys.argv[1])
folder = pathlib.Path(sys.argv[1])
folder.mkdir(exist_ok=True)
with (folder / "calls.jsonl").open("w") as log:
    for number in range(300):
        log.write(json.dumps({
            "response_id": f"call-{number}", "started_at": f"2026-11-0{1 + number % 5}T10:00:00Z",
            "provider_name": "openai", "response_model": "gpt-4o-2024-08-06", "feature": "answers", "status": "ok",
            "input_tokens": SYSTEM_PROMPT_TOKENS + draw.randrange(50, 150), "output_tokens": draw.randrange(80, 120),
        }) + "\\n")
'''
LIMITS = """
check:
  limits:
    - {metric: cost_per_call, by: feature, max_increase: 5%}
"""
GH = '''#!{python}
"""Stands in for `gh api`: comments of issues, kept in a file."""
import json, os, pathlib, sys

file = pathlib.Path(os.environ["COMMENTS"])
comments = json.loads(file.read_text()) if file.exists() else []
words = [word for word in sys.argv[1:] if word not in ("--paginate", "--silent")]
assert words.pop(0) == "api" and os.environ["GH_TOKEN"], sys.argv
method = words.pop(words.index("-X") + 1) if "-X" in words else None
path = next(word for word in words if word.startswith("repos/"))
fields = [words[place + 1] for place, word in enumerate(words) if word == "-F"]
body = pathlib.Path(fields[0].removeprefix("body=@")).read_text() if fields else None
if body is None:
    assert "startswith" in words[words.index("--jq") + 1]
    print(*(each["id"] for each in comments if each["body"].startswith("<!-- llmaudit check")), sep="\\n")
elif method == "PATCH":
    next(each for each in comments if str(each["id"]) == path.rpartition("/")[2])["body"] = body
else:
    comments.append({{"id": 100 + len(comments), "body": body, "path": path}})
file.write_text(json.dumps(comments))
'''


@dataclass(frozen=True, slots=True)
class Runner:
    """A machine of GitHub's: a folder to work in, and the environment of every step."""

    folder: Path
    environment: Mapping[str, str]

    def steps(self, steps: list[dict[str, Any]], *, again: bool = False) -> tuple[bool, str]:
        """Whether all steps passed, and everything they said; a failed step ends all but those that run always.

        `again` spares what a second run would install just as the first.
        """
        passed, said = True, ""
        for step in steps:
            if "run" not in step or not (passed or "always()" in step.get("if", "")):
                continue
            if again and "pip install" in step["run"]:
                continue
            own = {name: _filled(str(value), VALUES) for name, value in step.get("env", {}).items()}
            done = self.bash(step["run"], own)
            said += done.stdout + done.stderr
            passed = passed and done.returncode == 0
        return passed, said

    def bash(self, script: str, own: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """The script as GitHub's runners run it."""
        return subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=self.folder,
            env={**self.environment, **(own or {})},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


def _filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its `${{ … }}` in place; one that is not known fails."""
    return re.sub(r"\$\{\{ *([\w.]+) *\}\}", lambda found: values[found[1]], text)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a fresh Python that finds the packages installed here, but not llmaudit, and with `gh`."""
    folder = tmp_path_factory.mktemp("machine")
    venv.create(folder / "python", with_pip=True)
    inside = next((folder / "python" / "lib").glob("python*")) / "site-packages"
    (inside / "here.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    gh = folder / "python" / "bin" / "gh"
    gh.write_text(GH.format(python=sys.executable), encoding="utf-8")
    gh.chmod(0o755)
    return folder


@pytest.fixture
def project(tmp_path: Path, machine: Path) -> Runner:
    """A clean clone of a project with a baseline, and of llmaudit beside its files, as the workflow checks it out."""
    origin = tmp_path / "origin"
    origin.mkdir()
    environment = {
        **os.environ,
        "PATH": f"{machine / 'python' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "GITHUB_REPOSITORY": "someone/project",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_ACTION_PATH": str(tmp_path / "clone" / ".llmaudit"),
        "COMMENTS": str(tmp_path / "comments.json"),
        "PYTHONPATH": "",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "HOME": str(tmp_path),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.com",
    }
    environment.pop("LLMAUDIT_DB", None)
    (origin / "evaluate.py").write_text(EVALUATE, encoding="utf-8")
    (origin / "llmaudit.yaml").write_text(LIMITS, encoding="utf-8")
    made = Runner(origin, environment).bash(
        f"""
        python evaluate.py main_logs
        {sys.executable} -m llmaudit baseline save main_logs --output .llmaudit-baseline.json
        rm -r main_logs
        git init --quiet && git add --all && git commit --quiet --message start
        git clone --quiet . ../clone
        git clone --quiet "{CHECKOUT}" ../clone/.llmaudit
        """,
        {"PYTHONPATH": str(CHECKOUT)},
    )
    assert made.returncode == 0, made.stderr
    return Runner(tmp_path / "clone", environment)


def workflow() -> list[dict[str, Any]]:
    """The steps of the workflow on the page."""
    page = (CHECKOUT / "docs" / "ci.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- workflow: github -->\n```yml\n(.*?)^```$", page, re.M | re.S)
    assert found
    steps: list[dict[str, Any]] = yaml.safe_load(found[1])["jobs"]["cost"]["steps"]
    return steps


def action() -> list[dict[str, Any]]:
    """The steps of the action, after the one of the user that makes logs."""
    made = yaml.safe_load((CHECKOUT / "action.yml").read_text(encoding="utf-8"))
    return [{"run": "python evaluate.py logs"}, *made["runs"]["steps"]]


VALUES = {
    "github.token": "secret",
    "github.event.pull_request.number": "7",
    "inputs.logs": "logs",
    "inputs.baseline": ".llmaudit-baseline.json",
    "inputs.options": "",
    "inputs.token": "secret",
}


@pytest.mark.parametrize("steps", [workflow, action])
def test_a_change_that_costs_no_more_passes_and_one_that_does_fails(steps: Any, project: Runner) -> None:
    comments, summary = Path(project.environment["COMMENTS"]), Path(project.environment["GITHUB_STEP_SUMMARY"])
    passed, said = project.steps(steps())
    assert passed, said
    assert "::notice title=llmaudit::PASS: 1 limit held (300 calls against 300 of the baseline)." in said
    (first,) = json.loads(comments.read_text(encoding="utf-8"))
    assert first["path"] == "repos/someone/project/issues/7/comments"
    assert first["body"].startswith("<!-- llmaudit check -->\n> [!TIP]\n> **LLM cost: PASS")
    assert "PASS" in summary.read_text(encoding="utf-8")

    # The change: a prompt of 200 tokens more. Its pipeline runs from the start, and finds its comment again.
    evaluate = project.folder / "evaluate.py"
    longer = evaluate.read_text(encoding="utf-8").replace("SYSTEM_PROMPT_TOKENS = 800", "SYSTEM_PROMPT_TOKENS = 1000")
    evaluate.write_text(longer, encoding="utf-8")
    passed, said = project.steps(steps(), again=True)
    assert not passed
    assert "::error title=llmaudit%3A cost_per_call::cost_per_call of answers: " in said
    (second,) = json.loads(comments.read_text(encoding="utf-8"))
    assert second["id"] == first["id"]
    assert "[!CAUTION]" in second["body"]
    assert (project.folder / "llm-cost.xml").exists()

    # The author means it, and saves a new baseline in the same change.
    meant = (CHECKOUT / "docs" / "ci.md").read_text(encoding="utf-8").partition("saves a new baseline")[2]
    script = re.search(r"```sh\n(.*?)```", meant, re.S)
    assert script
    assert project.bash(script[1]).returncode == 0
    passed, said = project.steps(steps(), again=True)
    assert passed, said


def test_a_run_that_logs_nothing_fails_and_says_nothing_on_the_pull_request(project: Runner) -> None:
    (project.folder / "evaluate.py").write_text("import os\nos.makedirs('logs', exist_ok=True)\n", encoding="utf-8")
    passed, said = project.steps(workflow())
    assert not passed
    assert "error: there is no file in these folders" in said
    assert not Path(project.environment["COMMENTS"]).exists()
