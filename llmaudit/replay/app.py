"""The user's own application: `package.module:answer`, a callable that takes a question and answers it.

It may be a function, a coroutine function, a generator of either kind (an answer that is streamed ends with its last
piece), or any object that can be called. What it prints goes to stderr, since stdout is for the answer of llmaudit.
"""

import asyncio
import inspect
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout, suppress
from contextvars import copy_context
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from llmaudit.errors import ConfigError
from llmaudit.redaction import redact
from llmaudit.replay import attributes as names
from llmaudit.replay.drive import Answer
from llmaudit.replay.http_timing import timing_http
from llmaudit.replay.pipeline.budget import Budget
from llmaudit.replay.queries import Query
from llmaudit.replay.span import Value
from llmaudit.replay.telemetry.capture import capturing
from llmaudit.replay.watch import watch

_HINT = "such as --app my_package.rag:answer, where answer takes the question"


@dataclass(frozen=True, slots=True)
class App:
    """The application as the engine asks it; `facts` says what listened to it, once it has been asked."""

    answer: Answer
    facts: Callable[[], Mapping[str, Value]]


@contextmanager
def opened(target: str, budget: Budget) -> Iterator[App]:
    """The application, imported from the working folder or from what is installed, its requests and spans watched.

    No query is asked any more when the requests of those before it have used up the budget.
    Raises ConfigError when there is no such module or callable, when importing it fails, or when it cannot be called
    with one question.
    """
    with redirect_stdout(sys.stderr), timing_http() as clients, capturing() as heard:
        function = loaded(target)
        heard.ready()

        def facts() -> Mapping[str, Value]:
            return {
                names.SOURCE: "app",
                names.APP: target,
                names.HTTP_CLIENTS: ", ".join(clients),
                names.INSTRUMENTATIONS: ", ".join(sorted(heard.tellers)) or None,
                names.SPANS_ELSEWHERE: heard.homeless,
                names.INSTRUMENTATIONS_BROKEN: ", ".join(f"{name} ({why})" for name, why in heard.broken.items())
                or None,
            }

        yield App(_within(budget, answering(function)), facts)


def _within(budget: Budget, answer: Answer) -> Answer:
    async def bounded(query: Query) -> object:
        budget.check()
        try:
            return await answer(query)
        finally:
            if (found := watch()) is not None:
                budget.made += found[1].requests

    return bounded


def loaded(target: str) -> Callable[[str], Any]:
    """The callable that `module:name` or `module:object.method` is."""
    module_name, _, path = target.partition(":")
    if not module_name or not path:
        raise ConfigError(f"--app {target}: is not module:callable", hint=_HINT)
    if os.getcwd() not in sys.path:  # noqa: PTH109 (sys.path holds text)
        sys.path.insert(0, os.getcwd())  # noqa: PTH109
    try:
        found: Any = import_module(module_name)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and module_name.startswith(str(error.name)):
            raise ConfigError(f"--app {target}: there is no module {error.name}", hint=_HINT) from error
        # The application's own mistake: whatever it raises while it is imported is what the user has to read.
        raise ConfigError(f"--app {target}: importing it failed: {redact(repr(error))}") from error
    for name in path.split("."):
        if not hasattr(found, name):
            raise ConfigError(f"--app {target}: {module_name} has no {path}", hint=_HINT)
        found = getattr(found, name)
    if not callable(found):
        raise ConfigError(f"--app {target}: is a {type(found).__name__}, which cannot be called", hint=_HINT)
    with suppress(ValueError):  # A callable of C has no signature to look at.
        try:
            inspect.signature(found).bind("a question")
        except TypeError as error:
            raise ConfigError(f"--app {target}: cannot be called with one question: {error}", hint=_HINT) from error
    return found  # type: ignore[no-any-return]


def answering(function: Callable[[str], Any]) -> Answer:
    """The callable as the engine asks it; an answer that is streamed is read to its end."""
    call = function if inspect.isroutine(function) else type(function).__call__
    on_loop = inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call)

    async def answer(query: Query) -> object:
        found = function(query.text) if on_loop else await _in_thread(_read, function, query.text)
        if inspect.isawaitable(found):
            found = await found
        if isinstance(found, AsyncIterator):
            async for _ in found:
                pass
        elif isinstance(found, Iterator):
            await _in_thread(_exhaust, found)
        return None

    return answer


def _read(function: Callable[[str], Any], question: str) -> Any:
    found = function(question)
    if isinstance(found, Iterator):
        _exhaust(found)
    return found


def _exhaust(pieces: Iterator[object]) -> None:
    for _ in pieces:
        pass


class Unwaited(ThreadPoolExecutor):
    """The pool of a loop, of the usual size, whose threads end with the process instead of being waited for.

    An application that hands a hung call to its loop's pool would otherwise keep llmaudit from ending.
    """

    def __init__(self) -> None:
        super().__init__()
        self._places = threading.BoundedSemaphore(self._max_workers)

    def submit(self, function: Callable[..., Any], /, *args: Any, **options: Any) -> "Future[Any]":
        done: Future[Any] = Future()

        def work() -> None:
            with self._places:
                if not done.set_running_or_notify_cancel():
                    return
                try:
                    done.set_result(function(*args, **options))
                except BaseException as error:
                    done.set_exception(error)

        threading.Thread(target=work, daemon=True).start()
        return done


async def _in_thread(function: Callable[..., Any], *args: Any) -> Any:
    """What the function returns or raises, from a thread of its own that ends with the process.

    Not from a pool: a pool has a size, which would be measured as the application's, and is waited for at the end,
    which a query that hangs would make forever.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def tell(value: Any, error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(value)
        else:
            done.set_exception(error)

    def work() -> None:
        value, failure = None, None
        try:
            value = function(*args)
        except (StopIteration, SystemExit) as error:
            # A future cannot carry the one, and the other would end llmaudit and not the application.
            failure = RuntimeError(f"the application raised {type(error).__name__}")
            failure.__cause__ = error
        except BaseException as error:
            failure = error  # type: ignore[assignment]
        with suppress(RuntimeError):  # The measurement is over, nobody waits for this answer any more.
            loop.call_soon_threadsafe(tell, value, failure)

    threading.Thread(target=copy_context().run, args=(work,), daemon=True).start()
    return await done
