"""A limit on memory is one for the whole process, so the engine gets most of it and not all."""

import pytest

from llmaudit.errors import StoreError
from llmaudit.store import open_store


@pytest.mark.parametrize(("limit", "engine"), [("1000MB", "715.2 MiB"), ("4 GiB", "3.0 GiB")])
def test_the_engine_leaves_room_for_the_rest(limit: str, engine: str) -> None:
    """Three quarters: 750 million bytes are 715.26 MiB, shown cut off."""
    with open_store(":memory:", memory_limit=limit) as store:
        assert store.value("select current_setting('memory_limit')") == engine


def test_what_is_no_size_is_refused() -> None:
    with pytest.raises(StoreError), open_store(":memory:", memory_limit="plenty"):
        pass
