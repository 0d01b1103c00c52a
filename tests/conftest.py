"""What every test may use: a store in memory, the sample month already read, and `--update-golden`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from llmaudit.store import Store, open_store
from tests.cli.transcripts import Workshop

# A slow machine is not a wrong answer, and the same code gets the same verdict.
hypothesis.settings.register_profile("llmaudit", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("llmaudit")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="Write what the commands answer now; read it in the diff."
    )


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether expectations are to be written rather than held."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture
def store() -> Iterator[Store]:
    """An empty store in memory."""
    with open_store(":memory:") as opened:
        yield opened


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """`sample_logs/` as a first user would have it, with the month read into `llmaudit.duckdb`; once per session."""
    return Workshop.opened(tmp_path_factory.mktemp("workshop") / "sample_logs")


@pytest.fixture
def month(workshop: Workshop, tmp_path: Path) -> Path:
    """A copy of the workshop that the test may change."""
    return workshop.copied(tmp_path / "sample_logs")
