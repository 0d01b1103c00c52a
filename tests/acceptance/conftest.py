"""Fixtures of the acceptance tests."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Where a test's store will be; its folder holds nothing else."""
    folder = tmp_path / "store"
    folder.mkdir()
    return folder / "audit.duckdb"


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """An empty folder for a test's logs, apart from the store."""
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder
