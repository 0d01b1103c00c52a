"""The search by itself: on games whose every plan can be looked at, it finds what looking at them all would."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from llmaudit.optimize.candidate import IN_ORDER, Candidate, Risk
from llmaudit.optimize.search import Plan, Tried, search

BASELINE = Decimal(100)


class Game:
    """Candidates whose savings add up, whatever they are taken with."""

    def __init__(self, worth: Iterable[tuple[Candidate, int]]) -> None:
        self.worth = {one: Decimal(saving) for one, saving in worth}

    def saving(self, plan: Plan) -> Decimal:
        return sum((self.worth[one] for one in plan), Decimal(0))

    @property
    def baseline(self) -> Decimal:
        return BASELINE

    @property
    def tried(self) -> list[Tried]:
        return [Tried(one, saving, saving) for one, saving in self.worth.items()]

    @property
    def every_plan(self) -> Iterator[Plan]:
        slots: dict[str, list[Candidate | None]] = {}
        for one in self.worth:
            slots.setdefault(one.slot, [None]).append(one)
        for some in product(*slots.values()):
            yield tuple(one for one in some if one is not None)


def candidate(lever: str, risk: Risk, rung: int = 0, excluded: str | None = None) -> Candidate:
    return Candidate(lever, {}, f"{lever} {rung}", risk, lever, rung, excluded)


@st.composite
def games(draw: st.DrawFn) -> Game:
    """Per lever up to three rungs, each of as much risk as the one below or more, and of more saving."""
    worth = []
    for lever in IN_ORDER:
        risks = draw(st.lists(st.sampled_from(list(Risk)), max_size=3).map(sorted))
        savings = draw(st.lists(st.integers(1, 30), min_size=len(risks), max_size=len(risks), unique=True).map(sorted))
        rungs = enumerate(zip(risks, savings, strict=True))
        worth += [(candidate(lever, risk, rung), saving) for rung, (risk, saving) in rungs]
    return Game(worth)


@given(game=games(), target=st.integers(1, 100).map(Decimal))
def test_the_target_is_reached_if_any_plan_reaches_it_at_the_least_risk_and_with_nothing_to_spare(
    game: Game, target: Decimal
) -> None:
    plan, moves = search(game, game.tried, target)
    reaching = [some for some in game.every_plan if game.saving(some) >= target]
    assert (game.saving(plan) >= target) is bool(reaching)
    assert len({one.slot for one in plan}) == len(plan)
    assert [one.place for one in plan] == sorted(one.place for one in plan)
    assert not moves or moves[-1].saving == game.saving(plan)
    if reaching:
        assert max(one.risk for one in plan) == min(max(one.risk for one in some) for some in reaching)
        for one in plan:
            assert game.saving(tuple(other for other in plan if other is not one)) < target
    else:
        assert game.saving(plan) == max(map(game.saving, game.every_plan))


def test_what_is_excluded_or_saves_nothing_is_never_taken() -> None:
    forbidden = candidate("batch", Risk.LATER, excluded="--keep-latency")
    useless = candidate("trim", Risk.UNKNOWN)
    game = Game([(forbidden, 50), (useless, -3), (candidate("prompt_cache", Risk.SAME), 10)])
    plan, _ = search(game, game.tried, Decimal(40))
    assert [one.lever for one in plan] == ["prompt_cache"]


def test_a_little_is_not_worth_a_step_unless_it_is_what_is_missing() -> None:
    """Of $100, half a dollar is the least that a step has to add; the last cent to the target counts all the same."""
    small, large = candidate("batch", Risk.LATER), candidate("prompt_cache", Risk.SAME)
    for target, levers in ((Decimal(90), ["prompt_cache"]), (Decimal("20.2"), ["prompt_cache", "batch"])):
        game = Game([(small, 0), (large, 20)])
        game.worth[small] = Decimal("0.3")
        plan, _ = search(game, game.tried, target)
        assert [one.lever for one in plan] == levers
