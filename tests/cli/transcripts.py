"""The command line as a person meets it: an argument list in a folder, and what came back."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from llmaudit.cli import main

CHECKOUT = Path(__file__).resolve().parents[2]
SAMPLE_LOGS = CHECKOUT / "sample_logs"
READING_THE_MONTH = "llmaudit ingest company_month"
READING_SCORES = "llmaudit ingest company_scores"
_COLUMNS = 80


@dataclass(frozen=True, slots=True)
class Run:
    """One finished command. `said` is both of its streams in the order in which they were written."""

    code: int
    stdout: str
    stderr: str
    said: str

    @property
    def transcript(self) -> str:
        """Both streams apart and the exit code, as golden files have it."""
        parts = [self.stdout]
        parts += [f"--- stderr\n{self.stderr}"] if self.stderr else []
        parts += [f"--- exit {self.code}\n"] if self.code else []
        return "".join(parts)


def run(command: str | Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> Run:
    """Run `llmaudit …` in this process, standing in `folder`, on a screen without colour that is 80 columns wide."""
    words = shlex.split(command) if isinstance(command, str) else list(command)
    assert words[0] == "llmaudit", command
    said: list[str] = []
    stdout, stderr = _Stream(said), _Stream(said)
    with (
        chdir(folder),
        mock.patch.dict(os.environ, _environment(environment), clear=True),
        mock.patch.object(sys, "argv", words),
        # Usage lines would otherwise name pytest, which is what runs here.
        mock.patch.object(sys.modules["__main__"], "__package__", None),
        redirect_stdout(stdout),
        redirect_stderr(stderr),
    ):
        code = _exit_code()
    return Run(code, stdout.getvalue(), stderr.getvalue(), "".join(said))


def spawn(
    command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run any command as a process of its own, where only that tells the truth (pipes, imports)."""
    return subprocess.run(
        command, cwd=folder, env=_environment(environment), capture_output=True, text=True, timeout=120, check=False
    )


@dataclass(frozen=True, slots=True)
class Workshop:
    """A folder with the sample logs and their store, and what the commands that made it said."""

    folder: Path
    readings: Mapping[str, Run]

    @classmethod
    def opened(cls, folder: Path) -> Workshop:
        shutil.copytree(SAMPLE_LOGS, folder, ignore=shutil.ignore_patterns("*.duckdb*", "__pycache__"))
        # A store draws its own key, and with another key users have other hashes.
        with mock.patch("llmaudit.store.file.new_key", return_value="0" * 32):
            return cls(folder, {command: run(command, folder) for command in (READING_THE_MONTH, READING_SCORES)})

    def copied(self, folder: Path) -> Path:
        return Path(shutil.copytree(self.folder, folder))


class _Stream(io.StringIO):
    """Standard output or error, which also writes down the order in which the two were used."""

    def __init__(self, said: list[str]) -> None:
        super().__init__()
        self._said = said

    def write(self, text: str) -> int:
        written = super().write(text)
        self._said.append(text)
        return written


def _environment(changes: Mapping[str, str] | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LLMAUDIT_")}
    path = os.pathsep.join(filter(None, [str(CHECKOUT), kept.get("PYTHONPATH", "")]))
    # A zone far from UTC, so that local time never leaks in.
    return {
        **kept,
        "PYTHONPATH": path,
        "COLUMNS": str(_COLUMNS),
        "NO_COLOR": "1",
        "TZ": "Asia/Kolkata",
        **(changes or {}),
    }


def _exit_code() -> int:
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
