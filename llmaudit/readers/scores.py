"""Scores: how good answers were, one judgement per record, as CSV, JSON lines or Parquet.

A record names the call by its `call_id` in the store (`openai/chatcmpl-…`) or by the provider's `response_id`, with
`provider_name` where two providers could use the same id; then `name` of the score (faithfulness, thumbs_up, …), its
`value`, a number or true and false (1 and 0), and its `source`: who or what judged. With a `model`, it is not the
logged answer that was judged but what this model answered to the same request, as in a trial before routing. A call has
one value per model, name and source; a later one replaces it.
"""

from llmaudit.readers.shape import ANY, TEXT, Reader
from llmaudit.store import load_sql

READER = Reader(
    name="scores",
    provider_name=None,
    recognised_by=tuple({call: ANY, "name": ANY, "value": ANY} for call in ("call_id", "response_id")),
    # As texts, so that true is no 1.0 without our doing and a wrong value is one record's problem.
    columns=dict.fromkeys(("call_id", "response_id", "provider_name", "model", "name", "value", "source"), TEXT),
    query=load_sql(__package__, "scores"),
    documentation="",
    tabular=True,
    gives_scores=True,
)
