"""A duration in a plan is a number and a unit, and nothing else."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from llmaudit.config import Section
from llmaudit.config.duration import Duration, DurationOrUnlimited, seconds, text


class Kept(Section):
    wait: Duration = 300
    ttl: DurationOrUnlimited = None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1s", 1),
        ("5m", 300),
        ("30m", 1_800),
        ("24h", 86_400),
        ("7d", 604_800),
        ("1.5h", 5_400),
        (" 90 m ", 5_400),
        ("36500d", 3_153_600_000),
    ],
)
def test_a_duration_is_seconds(written: str, meant: int) -> None:
    assert seconds(written) == meant
    assert Kept(wait=written, ttl=written) == Kept(wait=f"{meant}s", ttl=f"{meant}s")


@pytest.mark.parametrize(
    "written", ["", "h", "5", "5 minutes", "-5m", "1h30m", "٣h", "5M", "1e3s", 300, 1.5, True, None]
)
def test_anything_else_is_not_a_duration(written: Any) -> None:
    with pytest.raises(ValidationError, match="a duration is a number and a unit, such as 30m, 24h or 7d") as caught:
        Kept(wait=written)
    assert caught.value.errors()[0]["loc"] == ("wait",)


@pytest.mark.parametrize("written", ["0s", "0.0h", "0.5s", "36501d", "999999999d"])
def test_a_duration_is_whole_seconds_of_this_century(written: str) -> None:
    with pytest.raises(ValueError, match="whole seconds above 0 and at most 36500d"):
        seconds(written)


@pytest.mark.parametrize("written", ["5m", "90m", "24h", "25h", "2d", "7d", "61s"])
def test_a_duration_is_written_as_people_say_it(written: str) -> None:
    assert text(seconds(written)) == written


def test_unlimited_is_none_and_settings_can_be_written_out() -> None:
    assert Kept(ttl="unlimited").ttl is None
    assert Kept(ttl=None).ttl is None
    assert Kept(ttl="1h").model_dump() == {"wait": "5m", "ttl": "1h"}
    assert Kept().model_dump() == {"wait": "5m", "ttl": "unlimited"}
    with pytest.raises(ValidationError) as caught:
        Kept(ttl="never")
    assert [error["loc"] for error in caught.value.errors()] == [("ttl",)]


def test_the_schema_says_text() -> None:
    assert TypeAdapter(Duration).json_schema()["type"] == "string"
    assert {"const": "unlimited"} in TypeAdapter(DurationOrUnlimited).json_schema()["anyOf"]
