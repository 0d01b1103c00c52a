"""An S3 over a socket: what is in it, what it was asked for, and `llmaudit ingest` as a process that talks to it."""

import gzip
import io
import json
import logging
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

CHECKOUT = Path(__file__).resolve().parents[2]
SECRET = "dummy-secret-that-must-not-be-shown"


class Requests(logging.Handler):
    """The request lines that a server has logged, as `GET /bucket/key`."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        found = re.search(r"(GET|HEAD) (/\S*) HTTP", record.getMessage())
        if found:
            self.lines.append(f"{found[1]} {found[2]}")

    @property
    def downloads(self) -> list[str]:
        """The keys of the objects whose content was asked for, in order, once per request."""
        gets = (line.removeprefix("GET /") for line in self.lines if line.startswith("GET /"))
        return [line.partition("/")[2] for line in gets if "?" not in line and "/" in line]


@dataclass(frozen=True, slots=True)
class Server:
    """A running S3, and a client that fills it."""

    endpoint: str
    client: Any
    requests: Requests

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """Write an object, and forget what was asked for until now."""
        self.client.put_object(Bucket=bucket, Key=key, Body=content)
        self.requests.lines.clear()

    @contextmanager
    def enforcing_rights(self) -> Iterator[None]:
        """While inside, requests are answered by the rights of their credentials, as on AWS."""
        self._post("reset-auth", b"0")
        try:
            yield
        finally:
            self._post("reset-auth", b"inf")

    def _post(self, path: str, body: bytes) -> None:
        request = Request(f"{self.endpoint}/moto-api/{path}", data=body, headers={"Content-Type": "text/plain"})
        build_opener(ProxyHandler({})).open(request).close()


@dataclass(frozen=True, slots=True)
class Run:
    """One finished `llmaudit ingest`."""

    code: int
    stdout: str
    stderr: str

    def __getitem__(self, key: str) -> Any:
        assert self.stdout, f"no answer (exit {self.code}): {self.stderr[-2000:]}"
        return json.loads(self.stdout)[key]


def settings(endpoint: str, **changes: str) -> dict[str, str]:
    """What boto3 reads from the environment, without anything of this machine; an empty change takes one away."""
    named = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "dummy",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "NO_PROXY": "*",
        **changes,
    }
    return {name: value for name, value in named.items() if value}


def ingest(*paths: str, db: Path, endpoint: str, options: tuple[str, ...] = (), **changes: str) -> Run:
    """Run `llmaudit ingest` with that endpoint; it never shows a traceback or a secret."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LLMAUDIT_"))}
    done = subprocess.run(
        [sys.executable, "-m", "llmaudit", "ingest", *paths, "--db", str(db), "--format", "json", *options],
        cwd=db.parent,
        env={**kept, **settings(endpoint, **changes), "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    run = Run(done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in run.stderr, run.stderr
    assert SECRET not in run.stdout + run.stderr
    return run


def log(*ids: str) -> bytes:
    """An OpenAI chat log: one completion of 7 input and 3 output tokens per id, a line each."""
    lines = (
        {
            "id": f"chatcmpl-{number}",
            "object": "chat.completion",
            "created": 1767225600,
            "model": "gpt-4o-2024-08-06",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
        }
        for number in ids
    )
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def gz(content: bytes) -> bytes:
    """That content as one gzip member."""
    return gzip.compress(content, mtime=0)


def zipped(**members: bytes) -> bytes:
    """A zip archive; a member `a__b` is the file `a/b`, with `.jsonl` after it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name.replace('__', '/')}.jsonl", content)
    return out.getvalue()
