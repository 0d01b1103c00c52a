"""Keys and addresses with passwords stand in a pipeline file by reference, so that the file can be shown to anybody."""

import os
import re
from typing import Annotated

from pydantic import AfterValidator

from llmaudit.errors import ConfigError


def _is_reference(text: str) -> str:
    # The text is not repeated: it may be the secret that somebody wrote here by mistake.
    if not re.fullmatch(r"env:\s*[A-Za-z_][A-Za-z0-9_]*", text):
        raise ValueError("a secret is named here and not written: env:NAME, for an environment variable")
    return text


SecretReference = Annotated[str, AfterValidator(_is_reference)]
"""For what is a secret and nothing else; an address may stand there as it is."""


def resolved(reference: str, what: str) -> str:
    """What `env:NAME` stands for; any other text stands for itself.

    Raises ConfigError, naming `what` and never the value, where the variable is not set or empty.
    """
    scheme, _, name = reference.partition(":")
    if scheme != "env":
        return reference
    value = os.environ.get(name.strip())
    if not value:
        raise ConfigError(
            f"{what}: the environment variable {name.strip()} is not set", hint=f"export {name.strip()}=…"
        )
    return value
