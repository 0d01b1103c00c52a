"""`llmaudit bottleneck --app` as a person meets it: in a process of its own, from the folder the application is in."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from llmaudit import schemas
from tests.services.openai_server import OpenAIServer, serving

LANGCHAIN = """
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_core.runnables import RunnablePassthrough
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

asking = {{"base_url": "{url}", "api_key": "none"}}
store = InMemoryVectorStore(OpenAIEmbeddings(check_embedding_ctx_length=False, **asking))
store.add_texts(["red fox", "blue hen"])
sources = {{"context": store.as_retriever(), "question": RunnablePassthrough()}}
chain = sources | ChatPromptTemplate.from_template("{{context}} {{question}}") | ChatOpenAI(**asking)

def answer(question):
    print("thinking about", question)
    for piece in chain.stream(question):
        yield piece
"""

PLAIN = """
import asyncio, time
import httpx

async def answer(question):
    async with httpx.AsyncClient() as client:
        await client.post("{url}/embeddings", json={{"model": "e", "input": question}})

async def hangs(question):
    if question == "hang":
        await asyncio.to_thread(time.sleep, 3600)
"""


def bottleneck(folder: Path, options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "llmaudit", "bottleneck", *options.split()]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=100)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = [json.dumps({"query": text}) for text in ("fox", "hen", "tea")]
    (tmp_path / "q.jsonl").write_text("\n".join(lines))
    return tmp_path


def placed(folder: Path, server: OpenAIServer, source: str) -> None:
    (folder / "my_app.py").write_text(source.format(url=server.url))


def test_a_langchain_application_as_it_is(folder: Path) -> None:
    """No stage, no tracing set up: the instrumentation that is installed beside it is switched on."""
    with serving() as server:
        server.behaviour.first_token_seconds, server.behaviour.embedding_seconds = 0.3, 0.05
        placed(folder, server, LANGCHAIN)
        said = bottleneck(folder, "--app my_app:answer --queries q.jsonl --rounds 2 --warmup 1 --format json")
    assert said.returncode == 0, said.stderr
    assert "thinking about fox" in said.stderr
    answer = json.loads(said.stdout)
    jsonschema.validate(answer, json.loads(schemas.text("bottleneck")))
    assert answer["bottleneck"] == "generation"
    calls = {stage["stage"]: stage["calls"] for stage in answer["stages"] if not stage["stage"].startswith("(")}
    assert {name: calls[name] for name in calls if name != "network"} == {
        "retrieval": 6, "embedding": 6, "generation": 6,
    }  # fmt: skip
    assert "openinference.instrumentation.langchain" in answer["facts"]["llmaudit.instrumentations"]
    assert "httpx2" in answer["facts"]["llmaudit.http_clients"]


def test_requests_are_bounded(folder: Path) -> None:
    with serving() as server:
        placed(folder, server, PLAIN)
        said = bottleneck(
            folder, "--app my_app:answer --queries q.jsonl --rounds 5 --warmup 0 --max-calls 4 --format json"
        )
        assert len(server.seen) == 4
    answer = json.loads(said.stdout)
    assert (answer["measured"], answer["facts"]["llmaudit.stopped"]) == (4, "--max-calls 4 was reached")


def test_an_application_whose_pool_hangs_does_not_keep_the_command_from_ending(folder: Path) -> None:
    (folder / "q.jsonl").write_text('{"query": "fox"}\n{"query": "hang"}\n')
    with serving() as server:
        placed(folder, server, PLAIN)
        said = bottleneck(
            folder, "--app my_app:hangs --queries q.jsonl --rounds 1 --warmup 0 --timeout 1s --format json"
        )
    assert json.loads(said.stdout)["timeouts"] == 1


def test_what_is_to_be_asked_has_to_be_said(folder: Path) -> None:
    said = bottleneck(folder, "--app my_app:answer")
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith("error: --app: what is it to be asked?\nhint: --queries FILE")
