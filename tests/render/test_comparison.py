"""A comparison in words: how much, how sure, and of how many."""

from pathlib import Path

from llmaudit.render.comparison import headline, rendered
from llmaudit.render.formats import Format
from llmaudit.replay.bottleneck import diagnose
from llmaudit.replay.compare import Comparison, difference
from llmaudit.replay.run import Run
from tests.replay.spans import query


def _compared(first: list[int], second: list[int]) -> Comparison:
    runs = [
        Run(tuple(query(f"a 0 {took}", query_id=str(n)) for n, took in enumerate(side))) for side in (first, second)
    ]
    found, left_out = difference(*runs)
    return Comparison(diagnose(runs[0]), diagnose(runs[1]), found, left_out)


def test_the_difference_stands_first_with_its_interval() -> None:
    assert headline(_compared([100] * 10, [80] * 9 + [90])) == [
        "The second is faster by 20.0 ms a query (95 % interval −20.0 ms to −20.0 ms, 10 pairs)."
    ]
    assert headline(_compared([100] * 10, [90] * 5 + [120] * 5)) == [
        "No difference that these queries show: −10.0 ms (95 % interval −10.0 ms to +20.0 ms, 10 pairs)."
    ]
    assert headline(_compared([100] * 4, [80] * 5)) == [
        "Whether there is a difference cannot be told from 4 pairs: it takes 6.",
        "Left out, as one or both were not answered: 1 pair.",
    ]
    assert headline(_compared([], [])) == ["No query was answered by both: there is nothing to compare."]


def test_csv_has_the_stages_of_both(tmp_path: Path) -> None:
    lines = rendered(_compared([100] * 6, [80] * 6), Format.CSV).splitlines()
    assert [line.split(",")[:3] for line in lines] == [
        ["pipeline", "stage", "calls"],
        ["first", "a", "6"],
        ["second", "a", "6"],
    ]
    assert "| second | 80.0 ms | 80.0 ms | 80.0 ms |" in rendered(_compared([100] * 6, [80] * 6), Format.MARKDOWN)
