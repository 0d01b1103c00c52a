"""A service behind breakers over a clock that is moved by hand: modes, fallback answers, the log of changes."""

import asyncio
import threading

import pytest

from llmaudit.resilience import Guard, Mode, ModeChange, Refused, ResiliencePolicy, Service, State, mode_of

SECOND = 1_000_000_000


class Clock:
    now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def clock() -> Clock:
    return Clock()


def service(clock: Clock, needs: dict[str, list[str]] | None = None, **policy: object) -> Service:
    checked = ResiliencePolicy.model_validate({"failures": 2, "wait": "60s", **policy})
    return Service(checked, needs or {"generation": ["large"]}, clock)


def fail(guard: Guard, times: int) -> None:
    for _ in range(times):
        with pytest.raises(ConnectionRefusedError), guard.asking():
            raise ConnectionRefusedError


def test_a_dead_provider_is_left_alone_and_asked_again_after_the_wait(clock: Clock) -> None:
    served = service(clock)
    guard = served.guards["large"]
    fail(guard, 2)
    with pytest.raises(Refused, match="large"), guard.asking():
        pytest.fail("an open breaker let a call through")
    clock.now_ns = 60 * SECOND
    with guard.asking():
        pass
    assert guard.state is State.CLOSED
    assert [(change.at_ns // SECOND, change.before, change.after, change.why) for change in guard.changes] == [
        (0, State.CLOSED, State.OPEN, "2 failures in a row"),
        (60, State.OPEN, State.HALF_OPEN, "60 s have passed, asking again"),
        (60, State.HALF_OPEN, State.CLOSED, "1 of 1 probes succeeded"),
    ]


def test_every_change_of_mode_is_logged_with_its_cause(clock: Clock) -> None:
    told: list[object] = []
    served = Service(ResiliencePolicy(failures=1), {"generation": ["large", "small"]}, clock, told.append)
    assert served.mode is Mode.FULL
    fail(served.guards["large"], 1)
    fail(served.guards["small"], 1)
    modes = [change for change in served.changes if isinstance(change, ModeChange)]
    assert [(change.before, change.after, change.because.name) for change in modes] == [
        (Mode.FULL, Mode.DEGRADED, "large"),
        (Mode.DEGRADED, Mode.MAINTENANCE, "small"),
    ]
    assert told == served.changes


def test_modes() -> None:
    closed, opened, probing = State.CLOSED, State.OPEN, State.HALF_OPEN
    assert mode_of([[closed], [closed, opened]]) is Mode.FULL
    assert mode_of([[closed], [opened, closed]]) is Mode.DEGRADED
    assert mode_of([[closed], [probing, closed]]) is Mode.DEGRADED
    assert mode_of([[closed], [opened, probing]]) is Mode.MAINTENANCE
    assert mode_of([[closed]], forced=True) is Mode.MAINTENANCE
    assert mode_of([]) is Mode.FULL


def test_a_known_question_is_answered_from_the_faq_and_others_with_an_apology(clock: Clock) -> None:
    served = service(clock, faq={"How do I reset my password?": "Under Settings, Security."}, apology="Sorry.")
    fail(served.guards["large"], 2)
    assert served.mode is Mode.DEGRADED
    known = served.fallback("  how do I reset   my PASSWORD ")
    assert (known.text, known.source) == ("Under Settings, Security.", "faq")
    other = served.fallback("How do I delete my account?")
    assert (other.text, other.source) == ("Sorry.", "apology")


def test_without_anybody_left_the_message_of_maintenance_is_served(clock: Clock) -> None:
    served = service(clock, maintenance_message="Back at nine.")
    fail(served.guards["large"], 2)
    assert (served.mode, served.fallback("anything").text) == (Mode.MAINTENANCE, "Back at nine.")


def test_the_operator_can_turn_the_model_off(clock: Clock) -> None:
    served = service(clock, maintenance=True, faq={"Hours?": "Nine to five."})
    assert (served.mode, served.fallback("Hours?").source) == (Mode.MAINTENANCE, "maintenance")


def test_an_empty_answer_is_refused() -> None:
    with pytest.raises(ValueError, match="is empty"):
        ResiliencePolicy(faq={"Hours?": " "})


def test_a_guard_works_around_an_awaited_call(clock: Clock) -> None:
    guard = service(clock).guards["large"]

    async def ask() -> None:
        with guard.asking():
            await asyncio.sleep(0)
            raise ConnectionResetError

    for _ in range(2):
        with pytest.raises(ConnectionResetError):
            asyncio.run(ask())
    assert guard.state is State.OPEN


def test_half_open_lets_one_of_many_threads_through(clock: Clock) -> None:
    guard = service(clock).guards["large"]
    fail(guard, 2)
    clock.now_ns = 60 * SECOND
    start, let_go = threading.Barrier(16), threading.Event()
    admitted: list[int] = []
    refused: list[int] = []

    def ask(number: int) -> None:
        start.wait()
        try:
            with guard.asking():
                admitted.append(number)
                let_go.wait(30)
        except Refused:
            refused.append(number)
            if len(refused) == 15:
                let_go.set()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(admitted), len(refused)) == (1, 15)
