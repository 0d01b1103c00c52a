"""What every embedder says about its work: that it was local or not, and which input it was, without the input."""

from hashlib import blake2b

from llmaudit.replay.attributes import INPUT_HASH, LOCAL
from llmaudit.replay.stage import current


def note_embedding(text: str, *, local: bool) -> None:
    """Sets the facts of an embedding on the current stage. The hash tells repeats apart, and is in no other file."""
    span = current()
    if span is not None:
        span.set(LOCAL, local)
        span.set(INPUT_HASH, blake2b(text.strip().encode(), digest_size=8).hexdigest())
