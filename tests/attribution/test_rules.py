"""The `attribution:` section: what it may say, and errors with file, line and the nearest word."""

from collections.abc import Callable
from pathlib import Path

import pytest

from llmaudit.attribution import AttributionRules
from llmaudit.config import check, read
from llmaudit.errors import ConfigError

Load = Callable[[str], AttributionRules]


def test_a_section_is_read(section: Load, tmp_path: Path) -> None:
    rules = section("""attribution:
  rules:
    - when: {metadata.app: bot, metadata.version: 3, tag.on: yes, tag.day: 2026-10-01, tag.ratio: 1.50}
      set: {feature: bot, environment: production}
    - when: {path: [a/, "b*"]}
      set: {tier: 1}
  users: lists/users.csv
""")
    first, second = rules.rules
    assert first.when == {
        "metadata.app": ("bot",),
        "metadata.version": ("3",),
        "tag.on": ("true",),
        "tag.day": ("2026-10-01",),
        "tag.ratio": ("1.50",),
    }
    assert (first.set.feature, first.set.tier, first.set.environment) == ("bot", None, "production")
    assert second.when == {"path": ("a/", "b*")}
    assert second.set.tier == "1"
    assert rules.users == tmp_path / "lists" / "users.csv"


def test_an_empty_section_sets_nothing(section: Load) -> None:
    assert section("attribution:\n") == AttributionRules()


@pytest.mark.parametrize(
    ("rule", "line", "message"),
    [
        ("when: {metdata.app: x}\n      set: {feature: x}", 3, "did you mean metadata.app?"),
        (
            "when:\n        provider: x\n        api_key_alais: x\n      set: {feature: x}",
            5,
            "did you mean api_key_alias?",
        ),
        ("when: {tag: x}\n      set: {feature: x}", 3, "names no tag"),
        ("when: {metadata.a..b: x}\n      set: {feature: x}", 3, "names no tag"),
        ("when: {provider: x}\n      set: {faeture: x}", 4, "did you mean feature?"),
        ("when: {provider: x}\n      sett: {feature: x}", 4, "did you mean set?"),
        ("when: {provider: x}\n      set: {}", 4, "a rule sets feature, tier or environment"),
        ("when: {provider: []}\n      set: {feature: x}", 3, "is empty"),
        ("when: {provider: ''}\n      set: {feature: x}", 3, "is empty"),
        ("when: {provider: }\n      set: {feature: x}", 3, "expected a text, not nothing"),
        ("when: {system_prompt_hash: 9f76}\n      set: {feature: x}", 3, "at least 16 hex digits"),
        ("when: {system_prompt_hash: 0123456701234567}\n      set: {feature: x}", 3, "in quotes"),
        ("set: {feature: x}", 3, "is missing"),
    ],
)
def test_a_mistake_is_named_with_its_line(section: Load, rule: str, line: int, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        section(f"attribution:\n  rules:\n    - {rule}\n")
    assert f"llmaudit.yaml:{line}: attribution.rules.0" in str(caught.value)
    assert message in str(caught.value)


def test_a_misspelt_setting_is_an_error(section: Load) -> None:
    with pytest.raises(ConfigError, match=r"llmaudit\.yaml:2: attribution\.user: .*did you mean users\?"):
        section("attribution:\n  user: users.csv\n")


def test_the_rules_of_the_sample_logs_are_right() -> None:
    path = Path(__file__).resolve().parents[2] / "sample_logs" / "llmaudit.yaml"
    content, lines = read(path)
    rules = check(AttributionRules, content["attribution"], lines, path, ("attribution",)).relative_to(path.parent)
    assert [rule.set.feature for rule in rules.rules if rule.set.feature] == [
        "assistant",
        "faq",
        "docsearch",
        "docsearch",
        "reports",
        "summaries",
    ]
    assert rules.users is not None
    assert rules.users.exists()
