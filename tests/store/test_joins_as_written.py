"""A failure is told as it is, and not by what could no longer be done after it."""

import pytest

from llmaudit.store import BadData, Store


def test_what_fails_where_joins_are_as_written_says_so_and_is_taken_back(store: Store) -> None:
    """After a failure a transaction takes no further statement, such as one that sets the optimizer right again."""
    store.run("create table numbers as select 1 as number")
    with pytest.raises(BadData, match="Could not convert"), store.transaction(), store.joins_as_written():
        store.run("insert into numbers select cast(text as integer) from (select 'x' || range as text from range(9))")
    assert store.rows("select number from numbers") == [(1,)]
