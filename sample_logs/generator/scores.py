"""What a judge said of some answers, and of what a smaller model answered to the same questions in a trial."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from random import Random

from .calls import GPT, Call

SMALL = "gpt-4o-mini"
JUDGE = "trial 2026-10: ragas faithfulness, judged by claude-sonnet-4-6"
_SCORED = {"faq": 220, "assistant": 160, "docsearch": 140}
"""How many answers of each application were judged."""
_LEVELS = {"faq": (0.930, 0.928), "assistant": (0.905, 0.899), "docsearch": (0.890, 0.842)}
"""How faithful answers are on average: the large model's, the smaller one's."""
_SPREAD_OF_QUESTIONS, _SPREAD_OF_ANSWERS = 0.05, 0.03


def judged(calls: Sequence[Call], ids: Sequence[str | None], draw: Random) -> str:
    """The judgements as CSV: one line for the logged answer, one for the smaller model's to the same question.

    Both share how hard the question was, so they rise and fall together. Faithfulness is at most 1.
    """
    text = io.StringIO()
    write = csv.writer(text, lineterminator="\n").writerow
    write(("response_id", "provider_name", "model", "name", "value", "source"))
    for app, count in _SCORED.items():
        known = [
            response_id
            for call, response_id in zip(calls, ids, strict=True)
            if response_id is not None and call.app == app and call.model == GPT and call.simple
        ]
        for response_id in sorted(draw.sample(known, count), key=known.index):
            hard = draw.gauss(0, _SPREAD_OF_QUESTIONS)
            for model, level in zip(("", SMALL), _LEVELS[app], strict=True):
                value = min(1.0, level + hard + draw.gauss(0, _SPREAD_OF_ANSWERS))
                write((response_id, "openai", model, "faithfulness", f"{value:.3f}", JUDGE))
    return text.getvalue()
