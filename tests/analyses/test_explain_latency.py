"""Which group, model or stage moved P95: percentiles by brute force, and who gets the blame for a planted slowness."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from llmaudit.analyses.explain_latency import latency, percentile
from llmaudit.analyses.explain_sides import TIMED, Key, Seconds, Side


def timed(durations: dict[tuple[Key, str], list[int]]) -> Side:
    """A side with these durations in milliseconds by group and model, half of each until the first token."""
    counts = {name: dict(Counter(values)) for name, values in durations.items()}
    halves = {name: dict(Counter(value // 2 for value in values)) for name, values in durations.items()}
    times = [Seconds(TIMED[0], counts), Seconds(TIMED[1], halves), Seconds(TIMED[2], halves)]
    return Side("side", ("feature",), {}, times=tuple(times))


@given(st.lists(st.integers(0, 100), min_size=1, max_size=300))
def test_a_percentile_is_the_nearest_rank(values: list[int]) -> None:
    """The smallest value with at least 95 of a hundred values at or below it."""
    wanted = next(one for one in sorted(values) if 100 * sum(each <= one for each in values) >= 95 * len(values))
    assert percentile(Counter(values)) == wanted


def test_the_slow_group_gets_the_blame() -> None:
    quick = list(range(100, 1100))
    before = timed({(("chat",), "m"): quick, (("search",), "m"): quick})
    after = timed({(("chat",), "m"): quick, (("search",), "m"): [value * 5 for value in quick]})
    found = latency(before, after)
    assert found is not None
    # Of 2,000 values the 1,900th: 1,049 before; after, 900 of the slow ones lie at or below it: 999 * 5.
    assert (found.before_seconds, found.after_seconds) == (1.049, 4.995)
    assert [(moved.name, moved.moved_seconds) for moved in found.groups] == [(("search",), 3.946), (("chat",), 0.0)]
    assert abs(found.joint_seconds) < 1e-9
    assert (found.few, found.exact) == (False, True)
    assert [(stage.name[0], stage.before_seconds, stage.after_seconds) for stage in found.stages] == [
        ("time_to_first_token_seconds", 0.524, 2.497),
        ("seconds_after_first_token", 0.524, 2.497),
    ]


def test_a_slow_group_that_comes_is_named_and_has_no_before() -> None:
    before = timed({(("chat",), "m"): [100] * 500})
    after = timed({(("chat",), "m"): [100] * 500, (("report",), "n"): [9000] * 100})
    found = latency(before, after)
    assert found is not None
    assert (found.before_seconds, found.after_seconds) == (0.1, 9.0)
    first = found.groups[0]
    assert (first.name, first.calls_before, first.before_seconds) == (("report",), 0, None)
    assert found.models[0].name == ("n",)
    # 100 of 600 calls: alone they move P95 all the way, in either direction.
    assert first.moved_seconds == 8.9


def test_few_calls_and_no_durations_are_said() -> None:
    one = timed({(("chat",), "m"): [100] * 199})
    assert latency(one, one).few  # type: ignore[union-attr]
    assert latency(one, timed({})) is None
