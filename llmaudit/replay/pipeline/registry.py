"""Every module of this room that holds a `PART` is a kind of part; there is no list to keep."""

import importlib
import pkgutil
from functools import cache

import llmaudit.replay.pipeline as room
from llmaudit.replay.pipeline.part import AnyPart, Slot


@cache
def all_parts() -> dict[tuple[Slot, str], AnyPart]:
    """The parts by slot and kind."""
    modules = (
        importlib.import_module(f"{room.__name__}.{found.name}") for found in pkgutil.iter_modules(room.__path__)
    )
    parts = [module.PART for module in modules if hasattr(module, "PART")]
    return {(part.slot, part.kind): part for part in sorted(parts, key=lambda part: (part.slot, part.kind))}


def kinds(slot: Slot) -> list[str]:
    """The kinds there are for a slot."""
    return [kind for of, kind in all_parts() if of is slot]
