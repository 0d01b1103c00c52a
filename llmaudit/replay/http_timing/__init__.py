"""Where the time of HTTP requests goes, whichever client the application uses, without a change to it.

    with timing_http():
        …

times every request that is made while a query is being measured, by wrapping what httpx, urllib3 (and so requests) and
aiohttp offer for it, where they are installed:

- a request inside a `stage` adds its facts to that stage; outside, it is a stage of its own, named by its address;
- opening a connection (name lookup, TCP, TLS) or waiting for the client's pool is a span of the stage `network`;
- waiting between two tries of one request is a span of the stage `retry`, since 429s look like slow work otherwise;
- an answer ends at its last byte and begins with its first token of content: frameworks end their spans at the headers,
  and take the empty chunk with the role for a token.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec


@contextmanager
def timing_http() -> Iterator[tuple[str, ...]]:
    """Times requests inside; the names of the clients that are watched come back. Clients are as before afterwards."""
    from llmaudit.replay.http_timing import aiohttp_client, httpx_clients, lookups, urllib3_client

    watched = []
    with ExitStack() as wrapped:
        wrapped.enter_context(lookups.timed())
        for name, client in (
            ("httpx", httpx_clients),
            ("httpx2", httpx_clients),
            ("urllib3", urllib3_client),
            ("aiohttp", aiohttp_client),
        ):
            if find_spec(name) is not None:
                wrapped.enter_context(client.wrapped(name))
                watched.append(name)
        yield tuple(watched)
