"""Mooncake traces: requests to Kimi as published with the Mooncake papers, one JSON object per line.

Source: github.com/kvcache-ai/Mooncake, `FAST25-release/README.md` and the 12,031 rows of its conversation trace, read
2026-11-23. `timestamp` is milliseconds from the start of the trace, so somebody has to say when that was. Each of
`hash_ids` stands for 512 tokens of the prompt, the last one for what is left, and names its block together with
everything before it: it is a prefix hash as it stands. Ids are numbered anew in each trace, so equal ids of two traces
say nothing. A trace names no model, and does not say what was cached.

Alibaba's Bailian traces have the same fields, but in seconds and blocks of 16 tokens; their `chat_id` tells them.
"""

from llmaudit.readers.shape import ABSENT, ANY, JSON, NUMBER, Reader
from llmaudit.store import load_sql

READER = Reader(
    name="mooncake-trace",
    provider_name=None,
    recognised_by=({"timestamp": ANY, "input_length": ANY, "output_length": ANY, "hash_ids": ANY, "chat_id": ABSENT},),
    columns={"timestamp": NUMBER, "input_length": NUMBER, "output_length": NUMBER, "hash_ids": JSON},
    query=load_sql(__package__, "mooncake_trace"),
    documentation="https://github.com/kvcache-ai/Mooncake/tree/main/FAST25-release",
    counts_from_start=True,
)
