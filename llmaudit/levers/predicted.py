"""The calls of a period as a plan would have left them, as one side of a comparison.

What a plan predicts is then split in the same way as what happened, so that the two can be held against each other part
by part: a saving that came true in another order is still the same saving.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from llmaudit.analyses.conditions import Condition
from llmaudit.analyses.dimensions import Dimension
from llmaudit.analyses.explain_sides import Side
from llmaudit.analyses.explain_store import side_of_chosen
from llmaudit.analyses.periods import Period, limits
from llmaudit.levers.state import BILLED
from llmaudit.levers.waterfall import Planned, Replay
from llmaudit.store import Store

if TYPE_CHECKING:
    from llmaudit.prices import PriceOverrides


def predicted_side(
    store: Store,
    steps: Sequence[Planned],
    *,
    by: tuple[Dimension, ...],
    period: Period,
    where: Condition | None = None,
    prices: "PriceOverrides | None" = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Side:
    """The calls after all steps. What a step's own calls cost (summaries) is not in it: they are calls of no group.

    Raises NothingMeasured when no call with a known cost is there to replay.
    """
    held = " and ".join([*([f"({where.sql})"] if where else []), *limits(period)]) or "true"
    replay = Replay(store, held, prices)
    for step in steps:
        progress(f"replaying {step.name}")
        replay.take(step)
    changed = ", ".join(
        f"case when replayed.call_id is null then calls.{name} else replayed.{name} end as {name}" for name in BILLED
    )
    store.bind(
        "chosen",
        f"""select calls.* replace (
                {changed},
                case when replayed.call_id is null then calls.effective_cost else replayed.cost end as effective_cost)
            from calls left join replayed on replayed.call_id = calls.rowid where {held}""",
    )
    return side_of_chosen(store, "as planned", by=by, period=period, where=where)
