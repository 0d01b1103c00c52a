"""The plan that was found, as a plan.yaml that `simulate` takes."""

from pathlib import Path

from llmaudit.errors import ConfigError
from llmaudit.money import shown
from llmaudit.optimize.optimize import Optimized


def refuse_to_overwrite(path: Path) -> None:
    """Raises ConfigError when there is a file already: a plan is somebody's decision."""
    if path.exists():
        raise ConfigError(f"{path}: is there already", hint="name another file with --output")


def text(found: Optimized) -> str:
    """YAML, with what it saves on top."""
    import yaml

    saved, whole = found.waterfall.saving, found.waterfall.baseline_cost
    share = f"{saved / whole:.1%}" if whole else "nothing"
    head = f"# Found by llmaudit optimize: on its calls it saves {shown(saved)} of {shown(whole)} ({share}).\n"
    return head + str(yaml.safe_dump(found.content, sort_keys=False, allow_unicode=True, width=110))


def write(found: Optimized, path: Path) -> None:
    """Write it to a new file. Raises ConfigError when that cannot be done."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text(found))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or 'cannot be written'}") from error
