"""A breakdown as text: two widths, every form, and names that would do harm if they were believed."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import jsonschema
import pytest

from llmaudit import schemas
from llmaudit.analyses.breakdown import Breakdown, Group
from llmaudit.analyses.concentration import Concentration
from llmaudit.analyses.dimensions import dimensions
from llmaudit.analyses.facts import CostPart, Coverage, Reported, UnpricedModel
from llmaudit.analyses.periods import Period
from llmaudit.model import Measures
from llmaudit.render.breakdown import rendered
from llmaudit.render.formats import Format
from llmaudit.render.rows import costs, rows
from llmaudit.render.terminal import Screen, bar, breakdown


def measures(calls: int, cost: str, unpriced: int = 0) -> Measures:
    return Measures(calls, 1_200_000, 300_000, 0, 4_590, Decimal(cost), Decimal(cost), unpriced)


FOUND = Breakdown(
    by=dimensions(["feature"]),
    period=Period(),
    where=None,
    total=measures(1_540, "100", unpriced=40),
    groups=(
        Group(("search",), measures(1_000, "70"), 0.7, 0.7),
        Group(("chat",), measures(300, "15.5"), 0.155, 0.855),
        Group((None,), measures(200, "14.499"), 0.14499, 0.99999),
        Group((None,), measures(40, "0.001", unpriced=40), 0.00001, 1.0, others=3),
    ),
    groups_for_80_percent=2,
    concentration=(
        Concentration("calls", 1_500, Decimal(100), 180, 0.12),
        Concentration("user", 10, Decimal(90), 2, 0.2),
        Concentration("conversation", 0, Decimal(0), None, None),
        Concentration("feature", 2, Decimal(85), 2, 1.0),
    ),
    split=(
        CostPart("input", Decimal(60), 0.6),
        CostPart("cache_read", Decimal(0), 0.0),
        CostPart("output", Decimal(40), 0.4),
    ),
    reported=Reported(10, Decimal("5.5"), Decimal(5), 3),
    coverage=Coverage(1_540, 2, 7, 1, datetime(2026, 10, 1, 8), datetime(2026, 10, 31, 9)),
    unpriced=(UnpricedModel("p", "foo", 30, 0), UnpricedModel(None, "bar", 6, 0), UnpricedModel("p", "gpt-4o", 4, 4)),
)


def test_a_cost_is_unknown_for_want_of_a_price_or_of_tokens() -> None:
    def row(tokens: int, unpriced: int, others: int = 0) -> Group:
        return Group(("x",), Measures(2, tokens, 0, 0, 0, Decimal(0), Decimal(0), unpriced), None, None, others=others)

    found = rows(replace(FOUND, groups=(row(7, 2), row(0, 2), row(0, 0), row(7, 0, others=1))))
    assert costs(found) == ["no price", "unknown", "$0.00", "$0.00"]
    assert found[-1].labels == ("1 other",)


NARROW = """\
1,540 calls from 2026-10-01 to 2026-10-31 cost $100.00.

feature         calls      cost   share  running
search          1,000    $70.00  70.0 %   70.0 %  ████████████████
chat              300    $15.50  15.5 %   85.5 %  ███▌
80 % ─────────  ─────  ────────  ──────  ───────  ────────────────
(unattributed)    200    $14.50  14.5 %  100.0 %  ███▍
3 others           40  no price  <0.1 %  100.0 %  ▏

12.0 % of calls make 80 % of the cost (180 of 1,500)
20.0 % of users make 80 % of the cost (2 of 10; $10.00 is of no known user)

input, uncached  $60.00   60.0 %  ████████████████
output           $40.00   40.0 %  ██████████▋

36 calls of 2 models have no price and are left out of every cost: foo, bar →
llmaudit prices show foo
7 calls without a token count; the cost of 4 of them is not known
1 call priced by the nearest known rate (price_basis = 'fallback')
2 calls without a time
The logs report $5.50 for 10 calls that cost $5.00 at the prices in use
(+$0.50); 3 calls by more than 1 %"""

WIDE_TABLE = """\
feature         calls  input  cached  output      cost   share  running
search          1,000  1.20M    300k   4.59k    $70.00  70.0 %   70.0 %  ████████████████████████
chat              300  1.20M    300k   4.59k    $15.50  15.5 %   85.5 %  █████▍
80 % ─────────  ─────  ─────  ──────  ──────  ────────  ──────  ───────  ────────────────────────
(unattributed)    200  1.20M    300k   4.59k    $14.50  14.5 %  100.0 %  █████
3 others           40  1.20M    300k   4.59k  no price  <0.1 %  100.0 %  ▏"""

MARKDOWN = """\
1,540 calls from 2026-10-01 to 2026-10-31 cost $100.00.

| feature | calls | cost | share | running |
| --- | ---: | ---: | ---: | ---: |
| search | 1,000 | $70.00 | 70.0 % | 70.0 % |
| chat | 300 | $15.50 | 15.5 % | **85.5 %** |
| (unattributed) | 200 | $14.50 | 14.5 % | 100.0 % |
| 3 others | 40 | no price | &lt;0.1 % | 100.0 % |
"""


def test_eighty_columns() -> None:
    assert breakdown(FOUND, Screen(80, colour=False)) == NARROW


def test_a_wide_screen_shows_tokens_too() -> None:
    assert WIDE_TABLE in breakdown(FOUND, Screen(120, colour=False))


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_no_line_is_wider_than_the_screen(width: int) -> None:
    crowded = replace(FOUND, by=dimensions(["feature,tier,user,model"]), groups=tuple(
        replace(group, key=("f" * 50, "tier", "u" * 90, None)) for group in FOUND.groups
    ))  # fmt: skip
    for found in (FOUND, crowded):
        assert max(map(len, breakdown(found, Screen(width, colour=False)).splitlines())) <= width


@pytest.mark.parametrize(
    ("width", "bar_width", "running", "whole"),
    [
        # Names take 9 + 17 + 16 columns and two gaps: 46. Calls, cost, share and running take 32, without the last 23.
        (90, 10, True, True),  # 90 - 46 - 32 leave a gap and 10
        (89, 17, False, True),  # a fifth of the screen
        (80, 9, False, True),  # 80 - 46 - 23 leave a gap and 9
        (75, 4, False, True),
        (74, 0, False, True),
        (68, 0, False, False),  # one column short
    ],
)
def test_bars_give_way_before_names(width: int, bar_width: int, running: bool, whole: bool) -> None:
    keys = [("faq", "gpt-4o-2024-08-06", "shared-gateway"), ("assistant", "claude-sonnet-4-6", "docsearch-claude")]
    groups = tuple(replace(group, key=key) for group, key in zip(FOUND.groups, keys, strict=False))
    found = replace(FOUND, by=dimensions(["feature,model,key"]), groups=groups, groups_for_80_percent=None)
    header, *rows_shown = breakdown(found, Screen(width, colour=False)).splitlines()[2:5]
    assert rows_shown[0].count("█") == bar_width
    assert ("running" in header) is running
    assert ("…" not in "".join(rows_shown)) is whole


def test_one_long_name_leaves_something_of_its_bar() -> None:
    found = replace(FOUND, groups=(replace(FOUND.groups[0], key=("n" * 90,)),))
    assert breakdown(found, Screen(80, colour=False)).splitlines()[3].endswith("…  1,000  $70.00  70.0 %  ████")


def test_colour_only_where_it_is_welcome(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" in breakdown(FOUND, Screen(80, colour=True))
    assert "\x1b" not in breakdown(FOUND, Screen(80, colour=False))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    for variable, value, welcome in [("NO_COLOR", "1", False), ("TERM", "dumb", False), ("TERM", "xterm", True)]:
        monkeypatch.delenv("NO_COLOR", raising=False)
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv(variable, value)
        assert Screen.of_stdout().colour is welcome


def test_days_stand_in_the_order_of_the_calendar() -> None:
    days = [datetime(2026, 10, 3).date(), None, datetime(2026, 10, 1).date(), datetime(2026, 10, 2).date()]
    groups = tuple(replace(group, key=(day,), others=0) for group, day in zip(FOUND.groups, days, strict=True))
    text = breakdown(replace(FOUND, by=dimensions(["day"]), groups=groups), Screen(80, colour=False))
    shown = [line.split()[0] for line in text.splitlines()[2:7]]
    assert shown == ["day", "2026-10-01", "2026-10-02", "2026-10-03", "(no"]
    assert "running" not in text
    assert "80 % ─" not in text


HOSTILE = [
    "[red]x[/red]",
    "\x1b[31mred\x1b[0m\r\n| a | <b>",
    "\u202egnp.exe",
    "n" * 10_000,
    "مساعد",
    "=cmd|' /C calc'!A0",
    "",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_shown_and_not_obeyed(name: str) -> None:
    found = replace(FOUND, groups=(replace(FOUND.groups[0], key=(name,)),), groups_for_80_percent=1, where=name or None)
    for text in (breakdown(found, Screen(80, colour=False)), rendered(found, Format.MARKDOWN)):
        assert not any(character in text for character in "\x1b\r\u202e")
    table = rendered(found, Format.MARKDOWN).splitlines()
    row = next(line for line in table if line.endswith("$70.00 | 70.0 % | 70.0 % |"))
    assert "<b>" not in "\n".join(table)
    assert row.replace("\\|", "").count("|") == 6
    data = list(csv.reader(io.StringIO(rendered(found, Format.CSV))))
    assert data[1][0].removeprefix("'") == name
    assert json.loads(rendered(found, Format.JSON))["groups"][0]["key"] == {"feature": name}


def test_a_long_name_is_cut_and_markup_is_text() -> None:
    def first_cell(name: str) -> str:
        found = replace(FOUND, groups=(replace(FOUND.groups[0], key=(name,)),))
        return breakdown(found, Screen(80, colour=False)).splitlines()[3].split("  ")[0]

    assert first_cell("[red]x[/red]") == "[red]x[/red]"
    assert first_cell("مساعد") == "مساعد"
    assert first_cell("n" * 10_000).endswith("n…")


def test_markdown() -> None:
    assert rendered(FOUND, Format.MARKDOWN).startswith(MARKDOWN)


def test_csv_has_unrounded_dollars_and_empty_fields_for_unknown() -> None:
    lines = rendered(FOUND, Format.CSV).splitlines()
    assert lines[0] == (
        "feature,calls,input_tokens,cache_read_input_tokens,cache_creation_input_tokens,output_tokens,list_cost,"
        "effective_cost,unpriced_calls,share,cumulative_share,others"
    )
    assert lines[3] == ",200,1200000,300000,0,4590,14.499,14.499,0,0.14499,0.99999,0"
    assert lines[4] == ",40,1200000,300000,0,4590,0.001,0.001,40,1e-05,1.0,3"


@pytest.mark.parametrize("name", ["@cf/meta/llama-3", "-", "gpt-4o", "a=b"])
def test_csv_leaves_ordinary_names_alone(name: str) -> None:
    found = replace(FOUND, groups=(replace(FOUND.groups[0], key=(name,)),))
    assert rendered(found, Format.CSV).splitlines()[1].startswith(f"{name},")


def test_json_is_as_its_schema_says() -> None:
    asked = replace(FOUND, period=Period(datetime(2026, 10, 1, tzinfo=UTC), None), where="feature = 'a'")
    for found in (FOUND, asked, replace(FOUND, reported=None, unpriced=())):
        answer = json.loads(rendered(found, Format.JSON))
        jsonschema.validate(answer, json.loads(schemas.text("breakdown")), jsonschema.Draft202012Validator)
    answer = json.loads(rendered(asked, Format.JSON))
    assert answer["since"] == "2026-10-01T00:00:00Z"
    assert answer["until"] is None
    assert answer["groups"][2] == {
        "key": {"feature": None},
        "calls": 200,
        "input_tokens": 1_200_000,
        "cache_read_input_tokens": 300_000,
        "cache_creation_input_tokens": 0,
        "output_tokens": 4_590,
        "list_cost": "14.499",
        "effective_cost": "14.499",
        "unpriced_calls": 0,
        "share": 0.14499,
        "cumulative_share": 0.99999,
        "others": 0,
    }
    assert answer["concentration"][0] == {
        "of": "calls",
        "items": 1_500,
        "cost": "100",
        "items_for_80_percent": 180,
        "share_for_80_percent": 0.12,
    }


@pytest.mark.parametrize(
    ("share", "drawn"),
    [(0.5, "████████"), (0.25, "████"), (0.0625, "█"), (0.0078125, "▏"), (0.0001, "▏"), (0.0, ""), (None, "")],
)
def test_bars_are_in_proportion(share: float | None, drawn: str) -> None:
    assert bar(share, 0.5, 8) == drawn
