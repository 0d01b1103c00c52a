"""One S3 server for all tests, and a bucket of its own for each."""

import logging
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from .s3_server import Requests, Server, settings


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    import boto3
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    with pytest.MonkeyPatch.context() as patch:
        _point(patch, endpoint)
        client = boto3.client("s3")
    requests = Requests()
    logger = logging.getLogger("werkzeug")
    level = logger.level
    logger.addHandler(requests)
    logger.setLevel(logging.INFO)
    yield Server(endpoint, client, requests)
    logger.setLevel(level)
    logger.removeHandler(requests)
    running.stop()


@pytest.fixture
def bucket(server: Server) -> str:
    """An empty bucket."""
    name = f"logs-{uuid.uuid4().hex[:12]}"
    server.client.create_bucket(Bucket=name)
    return name


@pytest.fixture
def aws(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server, with this process set up to talk to it."""
    _point(monkeypatch, server.endpoint)
    return server


def _point(patch: pytest.MonkeyPatch, endpoint: str) -> None:
    """Set this process up to talk to that endpoint, whatever the machine has set."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        patch.delenv(name)
    for name, value in settings(endpoint).items():
        patch.setenv(name, value)


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """Where what is fetched is put."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Where a test's store will be."""
    folder = tmp_path / "store"
    folder.mkdir()
    return folder / "audit.duckdb"
