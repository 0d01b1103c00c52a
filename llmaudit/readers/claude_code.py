"""Claude Code session logs: `~/.claude/projects/<folder>/<session>.jsonl` and the subagents' files beside them.

Source: code.claude.com/docs (session transcripts) and ccusage issues 389 to 985 on its duplicates, read 2026-11-23.
One line stands for one content block, so the same `message.id` and `requestId` repeat with equal input counts and a
growing `output_tokens`; resumed and forked sessions copy whole lines into new files. Ingest counts each once, with its
largest output and its first time. Anthropic counts cached tokens beside `input_tokens`; the query adds them.
"""

from llmaudit.readers.shape import ANY, MONEY, NUMBER, TEXT, Reader, Shape
from llmaudit.store import load_sql

ANTHROPIC_USAGE: dict[str, Shape] = {
    "input_tokens": NUMBER,
    "output_tokens": NUMBER,
    "cache_creation_input_tokens": NUMBER,
    "cache_read_input_tokens": NUMBER,
    "cache_creation": {"ephemeral_1h_input_tokens": NUMBER},
    "service_tier": TEXT,
    "inference_geo": TEXT,
}

READER = Reader(
    name="claude-code",
    provider_name="anthropic",
    recognised_by=(
        {"type": "assistant", "timestamp": ANY, "message.usage": ANY, "message.model": ANY},
        {"sessionId": ANY, "timestamp": ANY, "message.usage": ANY, "message.model": ANY},
    ),
    columns={
        "type": TEXT,
        "timestamp": TEXT,
        "sessionId": TEXT,
        "requestId": TEXT,
        "cwd": TEXT,
        "gitBranch": TEXT,
        "agentId": TEXT,
        "costUSD": MONEY,
        # Nobody asks for the role; but where a message has one, it need not be read again to see that it is an object.
        "message": {"role": TEXT, "id": TEXT, "model": TEXT, "stop_reason": TEXT, "usage": ANTHROPIC_USAGE},
    },
    # Half of a session are the user's lines and tool results: megabytes that are no calls.
    call_lines_hold=('_tokens"', 'assistant"', "\\u00"),
    query=load_sql(__package__, "claude_code"),
    documentation="https://code.claude.com/docs",
)
