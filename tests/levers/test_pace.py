"""What a long replay says of itself, at a clock of the test's own."""

from llmaudit.levers.pace import Pace


def test_the_rate_is_that_of_the_steps_before_and_the_rest_is_as_long_as_they_were() -> None:
    """1,000 calls and 10 s for each of two steps of five: 100 calls a second, and 30 s for three more."""
    now = iter([0.0, 0.0, 10.0, 20.0])
    pace = Pace(5, 1_000, clock=lambda: next(now))
    assert pace.next("route") == "route: 1 of 5, 1,000 calls"
    assert pace.next("trim") == "trim: 2 of 5, 1,000 calls, 100 calls/s, about 40 s left"
    assert pace.next("batch") == "batch: 3 of 5, 1,000 calls, 100 calls/s, about 30 s left"
