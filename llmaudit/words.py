"""What messages are made of: so many of something, and the word that was meant."""

from collections.abc import Iterable


def count(number: int, noun: str) -> str:
    """So many of them: 1 call, 2 calls."""
    return counted(number, noun, f"{noun}s")


def counted(number: int, one: str, many: str) -> str:
    """So many, and what they do: 1 call stays, 2 calls stay."""
    return f"{number:,} {one if number == 1 else many}"


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known word that a mistaken one was meant for; None if none is near. `cutoff` is as difflib's."""
    import difflib  # only for who makes a mistake

    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)), None)


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """A hint with the nearest known word, else another one."""
    near = nearest(word, known)
    return f"did you mean {near}?" if near else otherwise
