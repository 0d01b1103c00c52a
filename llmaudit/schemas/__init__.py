"""The JSON Schema of every JSON answer: the public contract."""

from importlib import resources

from llmaudit.errors import ConfigError


def names() -> list[str]:
    """The answers that have a schema."""
    files = resources.files(__package__).iterdir()
    return sorted(file.name.removesuffix(".json") for file in files if file.name.endswith(".json"))


def text(name: str) -> str:
    """The schema of an answer, as JSON. Raises ConfigError naming the ones there are."""
    if name not in names():
        raise ConfigError(f"there is no answer called {name!r}", hint=f"one of: {', '.join(names())}")
    return resources.files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8").rstrip()
