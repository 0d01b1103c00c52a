"""A step is not replayed again for what comes behind it: where that may matter, it says so."""

from decimal import Decimal
from typing import Any

from llmaudit.levers import batch, prompt_cache, response_cache
from llmaudit.levers.lever import Lever
from tests.levers.conftest import replay_plan

PROMPTS: tuple[Lever[Any], dict[str, Any]] = (prompt_cache.LEVER, {"ttl": "5m"})
ANSWERS: tuple[Lever[Any], dict[str, Any]] = (response_cache.LEVER, {})
JOBS: tuple[Lever[Any], dict[str, Any]] = (batch.LEVER, {})
PROMPT = {"input_tokens": 4_096, "prefix_hashes": list(range(1, 33)), "prefix_block_tokens": 128.0, "temperature": 0}
CALLS = [
    {**PROMPT, "started_at": "2026-10-20 12:00:00", "request_hash": 1},
    {**PROMPT, "started_at": "2026-10-20 12:04:00", "request_hash": 1},  # what the answer to the first is kept for
    {
        **PROMPT,
        "started_at": "2026-10-20 12:08:00",
        "request_hash": 2,
    },  # alike, 4 minutes after the second
]


def test_a_prompt_cache_counts_on_calls_that_a_later_response_cache_takes_away() -> None:
    """A call is 4,096 x $2.50 and 100 x $10 per million, $0.01124; what is read of the prompt costs half, $0.00512."""
    first = replay_plan([PROMPTS, ANSWERS], *CALLS)
    assert [step.saving for step in first.steps] == [2 * Decimal("0.00512"), Decimal("0.01124") - Decimal("0.00512")]
    assert first.steps[0].warnings == (
        "replayed before response_cache: calls taken away or changed there still count here as they were",
    )
    last = replay_plan([ANSWERS, PROMPTS], *CALLS)
    assert [step.saving for step in last.steps] == [Decimal("0.01124"), 0]
    assert [step.warnings for step in last.steps] == [(), ()]


def test_nothing_is_said_of_steps_that_leave_prompts_as_they_are() -> None:
    assert not replay_plan([PROMPTS, JOBS], *CALLS).steps[0].warnings
    different = [{**call, "request_hash": number} for number, call in enumerate(CALLS)]
    assert not replay_plan([PROMPTS, ANSWERS], *different).steps[0].warnings
