"""The words of a text, for parts that compare texts by them."""

import re

_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """Its words in lower case, in order."""
    return _WORD.findall(text.casefold())
