"""The JSON Schema of every JSON answer, the public contract, and of the plan.yaml that people write."""

import json
from importlib import resources

from llmaudit.errors import ConfigError

PLAN = "plan"


def names() -> list[str]:
    """The answers that have a schema."""
    files = resources.files(__package__).iterdir()
    return sorted(file.name.removesuffix(".json") for file in files if file.name.endswith(".json"))


def text(name: str) -> str:
    """The schema of an answer or of `plan`, as JSON. Raises ConfigError naming the ones there are."""
    if name == PLAN:
        from llmaudit.plan import json_schema

        return json.dumps(json_schema(), indent=2, ensure_ascii=False)
    if name not in names():
        raise ConfigError(f"there is no answer called {name!r}", hint=f"one of: {', '.join([*names(), PLAN])}")
    return resources.files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8").rstrip()
