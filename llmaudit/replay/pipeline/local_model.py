"""Models of the library sentence-transformers, which is used where it is installed: it brings PyTorch along."""

from importlib import import_module
from typing import Any

from llmaudit.errors import ReplayError


def loaded(kind: str, model: str) -> Any:
    """The model, a name or a folder. Raises ReplayError when the library or the model is not there."""
    try:
        library = import_module("sentence_transformers")
    except ImportError as error:
        raise ReplayError(
            "a local model needs the library sentence-transformers", hint="pip install sentence-transformers"
        ) from error
    try:
        return getattr(library, kind)(model)
    except (OSError, ValueError) as error:
        # What hub and loader raise when a model is not there; their text names the model and no secret.
        raise ReplayError(f"the model {model} cannot be loaded: {str(error).splitlines()[0]}") from error
