"""The user's application, of every kind that can be called; and what is wrong with those that cannot."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from llmaudit.errors import ConfigError
from llmaudit.replay import app
from llmaudit.replay.clock import MonotonicClock
from llmaudit.replay.drive import Load, drive
from llmaudit.replay.pipeline.budget import Budget
from llmaudit.replay.queries import Query
from llmaudit.replay.run import Outcome, Run

APPLICATION = """
import time
from llmaudit.replay import stage

said = []

def plain(question):
    with stage("retrieval"):
        print("printed by the application")
    said.append(question)
    return "an answer"

async def coroutine(question):
    return plain(question)

def stream(question):
    with stage("generation"):
        yield "an "
        said.append(question)
        yield "answer"

async def async_stream(question):
    with stage("generation"):
        yield "an "
        said.append(question)

def returns_a_stream(question):
    return stream(question)

class Bot:
    def __call__(self, question):
        return plain(question)
    async def ask(self, question, k=3):
        return plain(question)

bot = Bot()
text = "not callable"

def takes_two(question, other):
    pass

def fails(question):
    raise KeyError(question)

def leaves(question):
    raise SystemExit(3)

def stops(question):
    raise StopIteration

def hangs(question):
    with stage("generation"):
        time.sleep(3600)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working folder, with the application in it."""
    (tmp_path / "rag_app.py").write_text(APPLICATION)
    (tmp_path / "broken_app.py").write_text("raise RuntimeError('no settings: sk-proj-abcdefghijklmnopqrstuv')")
    (tmp_path / "needs_more.py").write_text("import a_module_that_is_not_there")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in ("rag_app", "broken_app", "needs_more"):
        sys.modules.pop(name, None)


def run_of(target: str, timeout_seconds: float = 30) -> Run:
    load = Load(rounds=1, warmup=0, timeout_seconds=timeout_seconds)
    with app.opened(target, Budget()) as opened:
        return asyncio.run(drive([Query("1", "Why?")], opened.answer, load, MonotonicClock()))


@pytest.mark.parametrize(
    ("target", "stage"),
    [
        ("rag_app:plain", "retrieval"),
        ("rag_app:coroutine", "retrieval"),
        ("rag_app:bot", "retrieval"),
        ("rag_app:bot.ask", "retrieval"),
        ("rag_app:stream", "generation"),
        ("rag_app:async_stream", "generation"),
        ("rag_app:returns_a_stream", "generation"),
    ],
)
def test_every_kind_of_callable_is_asked_to_its_end(
    folder: Path, target: str, stage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (query,) = run_of(target).queries
    assert (query.outcome, [span.stage for span in query.spans]) == (Outcome.OK, [stage])
    assert sys.modules["rag_app"].said == ["Why?"]
    assert capsys.readouterr().out == ""


def test_what_it_prints_goes_to_stderr(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_of("rag_app:plain")
    assert capsys.readouterr() == ("", "printed by the application\n")


@pytest.mark.parametrize(
    ("target", "error_type"),
    [("rag_app:fails", "KeyError"), ("rag_app:leaves", "RuntimeError"), ("rag_app:stops", "RuntimeError")],
)
def test_an_application_that_raises_is_an_error_of_that_query(folder: Path, target: str, error_type: str) -> None:
    (query,) = run_of(target).queries
    assert (query.outcome, query.error_type) == (Outcome.ERROR, error_type)


def test_a_thread_that_hangs_is_left_behind(folder: Path) -> None:
    (query,) = run_of("rag_app:hangs", timeout_seconds=0.05).queries
    assert query.outcome is Outcome.TIMEOUT
    assert [(span.stage, span.status) for span in query.spans] == [("generation", "timeout")]


def test_more_threads_than_processors(folder: Path) -> None:
    """Forty questions that each wait for all the others: with a pool of the usual size they would wait forever."""
    import threading

    together = threading.Barrier(40)
    answer = app.answering(lambda _question: together.wait(30) and None)
    queries = [Query(str(number), "?") for number in range(40)]
    run = asyncio.run(drive(queries, answer, Load(1, 0, concurrency=40), MonotonicClock()))
    assert len(run.successes) == 40


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("rag_app", "is not module:callable"),
        ("rag_app:", "is not module:callable"),
        ("no_such_app:answer", "there is no module no_such_app"),
        ("rag_app.inner:answer", "there is no module rag_app.inner"),
        ("rag_app:nothing", "rag_app has no nothing"),
        ("rag_app:text", "is a str, which cannot be called"),
        ("rag_app:takes_two", "missing a required argument: 'other'"),
        ("broken_app:answer", "importing it failed: RuntimeError('no settings: [redacted]')"),
        ("needs_more:answer", "importing it failed: ModuleNotFoundError"),
    ],
)
def test_what_cannot_be_asked_says_why(folder: Path, target: str, says: str) -> None:
    with pytest.raises(ConfigError, match="--app") as caught, app.opened(target, Budget()):
        pytest.fail("was opened")
    assert says in str(caught.value)
