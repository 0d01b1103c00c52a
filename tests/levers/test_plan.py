"""plan.yaml: what it may say, and that a mistake is told with its file, line and the nearest right word."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from llmaudit import plan, schemas
from llmaudit.errors import ConfigError
from llmaudit.store import Store


def write(path: Path, text: str) -> Path:
    file = path / "plan.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_steps_keep_their_order_and_are_named_apart(tmp_path: Path) -> None:
    text = "steps:\n  - response_cache: {ttl: 1h}\n  - prompt_cache: {ttl: 5m}\n  - response_cache: {ttl: 24h}\n"
    found = plan.load(write(tmp_path, text))
    assert [step.name for step in found.steps] == ["response_cache 1", "prompt_cache", "response_cache 2"]


def test_a_period_of_days_is_read_as_written(tmp_path: Path) -> None:
    text = "period: {since: 2026-10-01, until: 2026-11-01}\nsteps:\n  - response_cache: {}\n"
    found = plan.load(write(tmp_path, text))
    assert (found.period.since, found.period.until) == ("2026-10-01", "2026-11-01")


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ("steps:\n  - responce_cache: {}\n", 2, "there is no such lever", "did you mean response_cache?"),
        ("steps:\n  - response_cache:\n      tll: 1h\n", 3, "is not a known setting", "did you mean ttl?"),
        ("steps:\n  - response_cache:\n      ttl: soon\n", 3, "a duration is a number and a unit", None),
        ("steps:\n  - response_cache:\n      when: featur = 'x'\n", 3, "no column of that name", None),
        ('steps:\n  - response_cache:\n      when: "feature = (select 1)"\n', 3, "not allowed", None),
        ("steps:\n  - route:\n      form: [x]\n      to: y\n", 3, "is not a known setting", "did you mean from?"),
        ("steps:\n  - trim:\n      top_k: three\n", 3, "top_k: expected a whole number, not 'three'", None),
        ("period:\n  since: yesterdy\nsteps: [batch: ]\n", 2, "period.since: 'yesterdy' is not a time", None),
        ("period: {until: 3}\nsteps: [batch: ]\n", 1, "period.until: '3' is not a time", None),
        (
            "period:\n  since: 2026-11-01\n  until: 2026-10-01\nsteps: [batch: ]\n",
            2,
            "period.since: 2026-11-01 is not before until, 2026-10-01",
            None,
        ),
        ("steps:\n  - trim: {}\n", 2, "trim: takes nothing out of a prompt", None),
        ("steps:\n  - batch: {}\n  - prompt_cache: {ttl: 5m, rules: {ttl: 1h}}\n", 3, "says two lifetimes", None),
        ("steps:\n  - response_cache: {max_entries: 0}\n", 2, "max_entries: expected at least 1", None),
        ("steps:\n  - prompt_cache:\n      ttl: atuo\n", 3, "did you mean auto?", None),
        ("period:\n  since: 2026-13-01\nsteps: [batch: ]\n", 2, "is not a day or a time that exists", None),
        ("stepps: []\n", 1, "is not a known setting", "did you mean steps?"),
        ("steps: []\n", 1, "at least one step", None),
        ("steps:\n  - response_cache: {}\n    prompt_cache: {}\n", 2, "a step is one lever", None),
    ],
)
def test_a_mistake_names_its_line_and_the_right_word(
    tmp_path: Path, text: str, line: int, message: str, hint: str | None
) -> None:
    with pytest.raises(ConfigError) as caught:
        plan.load(write(tmp_path, text))
    assert caught.value.at is not None
    assert (caught.value.at.line, message in str(caught.value)) == (line, True), str(caught.value)
    if hint:
        assert caught.value.hint == hint


@pytest.mark.parametrize(("text", "number"), [("60%", "0.6"), ("0.6", "0.6"), ("100%", "1"), ("0", "0")])
def test_a_share_is_a_percentage_or_a_fraction(text: str, number: str) -> None:
    assert str(plan.share(text).normalize()) == number


@pytest.mark.parametrize("text", ["sixty", "60", "-1%", "nan"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        plan.share(text)


CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = re.search(r"^```yml\n(.*?)^```$", (CHECKOUT / "docs" / "plan.md").read_text(encoding="utf-8"), re.M | re.S)
assert PAGE is not None
GOOD = {
    "the page's": PAGE[1],
    "the sample's": (CHECKOUT / "sample_logs" / "plan.yaml").read_text(encoding="utf-8"),
    "words and numbers": """
period: {since: "2026-10-01"}
steps:
  - route: {from: gpt-4o, to: gpt-4o-mini, share: 0.5, quality: {score: helpful}}
  - prompt_cache: {ttl: off}
  - prompt_cache: {ttl: 5m, rules: {min_tokens: 0, write_multiplier: 1.25}, cacheable_share: 0.4}
  - response_cache: {ttl: unlimited, max_entries: unlimited, semantic: {extra_hit_share: 0.1}}
  - response_cache:
  - trim: {history: {keep_turns: 0, summary_tokens: 1, summarize_every: 3}}
  - batch: {completion_window: 1.5h}
""",
}
BAD = {
    "no step": "steps: []",
    "two levers in a step": "steps: [{batch: {}, trim: {}}]",
    "unknown lever": "steps: [{cache: {}}]",
    "unknown key": "steps: [{batch: {wenn: 'true'}}]",
    "no unit": "steps: [{batch: {completion_window: 24}}]",
    "beyond its bounds": "steps: [{route: {from: a, to: b, share: 1.5}}]",
    "no target": "steps: [{route: {from: a}}]",
    "unknown word": "steps: [{response_cache: {scope: team}}]",
}


def is_valid(text: str) -> bool:
    """As an editor sees it: YAML's own dates are text to it."""
    content = json.loads(json.dumps(yaml.safe_load(text), default=str))
    return jsonschema.Draft202012Validator(json.loads(schemas.text("plan"))).is_valid(content)


@pytest.mark.parametrize("name", GOOD)
def test_the_schema_takes_what_is_a_plan(name: str, tmp_path: Path) -> None:
    assert is_valid(GOOD[name])
    assert plan.load(write(tmp_path, GOOD[name])).steps


@pytest.mark.parametrize("name", BAD)
def test_the_schema_refuses_what_is_none(name: str, tmp_path: Path) -> None:
    assert not is_valid(BAD[name])
    with pytest.raises(ConfigError):
        plan.load(write(tmp_path, BAD[name]))


def test_defaults_are_said_as_a_plan_says_them() -> None:
    levers = plan.json_schema()["$defs"]
    defaults = [levers["batch"]["properties"]["completion_window"], levers["response_cache"]["properties"]["ttl"]]
    assert [said["default"] for said in defaults] == ["24h", "24h"]


def test_what_only_a_store_finds_wrong_names_the_line_of_its_step(store: Store, tmp_path: Path) -> None:
    text = "steps:\n  - batch: {}\n  - route: {from: [gpt-4o], to: gpt-4o-mimi}\n"
    found = plan.load(write(tmp_path, text))
    with pytest.raises(ConfigError, match="gpt-4o-mimi") as caught:
        found.steps[1].lever.apply(store, found.steps[1].settings)
    assert caught.value.at is not None
    assert caught.value.at.line == 3
