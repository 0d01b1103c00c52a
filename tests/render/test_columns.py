"""Columns that fit the terminal: what is too long goes on below, and nothing of it is lost."""

import pytest

from llmaudit.render.columns import columns

ROWS = [
    ("", "metric", "group", "now", "limit"),
    ("ok", "cost_per_call", "search, gpt-4o-2024-08-06", "$0.0053", "≤ +10%"),
    ("BROKEN", "total_cost", "all calls", "$56.20", "≤ 60 USD per month"),
]


def shown(monkeypatch: pytest.MonkeyPatch, width: int) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    return "\n".join(columns(ROWS, right={3}, folding=[4, 2, 1]))


def test_where_there_is_room_every_row_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    # 6 + 13 + 25 + 7 + 18 characters, and four gaps of two.
    assert shown(monkeypatch, 77) == (
        "        metric         group                          now  limit\n"
        "ok      cost_per_call  search, gpt-4o-2024-08-06  $0.0053  ≤ +10%\n"
        "BROKEN  total_cost     all calls                   $56.20  ≤ 60 USD per month"
    )


def test_columns_give_way_in_their_order_and_only_as_far_as_they_must(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, 68) == (
        "        metric         group                          now  limit\n"
        "ok      cost_per_call  search, gpt-4o-2024-08-06  $0.0053  ≤ +10%\n"
        "BROKEN  total_cost     all calls                   $56.20  ≤ 60 USD\n"
        "                                                           per month"
    )
    # The limit down to 8, as nothing of it is longer than a word; the group to its longest, of 17.
    assert shown(monkeypatch, 59) == (
        "        metric         group                  now  limit\n"
        "ok      cost_per_call  search,            $0.0053  ≤ +10%\n"
        "                       gpt-4o-2024-08-06\n"
        "BROKEN  total_cost     all calls           $56.20  ≤ 60 USD\n"
        "                                                   per\n"
        "                                                   month"
    )


def test_a_word_is_broken_only_where_nothing_else_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    # With a metric of 8 there are 11 left for the group.
    assert shown(monkeypatch, 48) == (
        "        metric    group            now  limit\n"
        "ok      cost_     search,      $0.0053  ≤ +10%\n"
        "        per_call  gpt-4o-2024\n"
        "                  -08-06\n"
        "BROKEN  total_    all calls     $56.20  ≤ 60 USD\n"
        "        cost                            per\n"
        "                                        month"
    )


@pytest.mark.parametrize("width", range(47, 90))
def test_no_line_is_longer_than_the_terminal_and_no_letter_is_lost(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    said = shown(monkeypatch, width)
    assert max(map(len, said.split("\n"))) <= width
    assert sorted("".join(said.split())) == sorted("".join("".join(cell.split()) for row in ROWS for cell in row))
