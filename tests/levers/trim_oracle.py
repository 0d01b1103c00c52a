"""What trimming does, call by call in plain Python, for the replay to be held against."""

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def rounded(numerator: int, denominator: int) -> int:
    """The quotient, half rounded up."""
    return (2 * numerator + denominator) // (2 * denominator)


def trim(
    calls: Sequence[Row], chosen: set[int], top_k: int | None, keep: int | None, summary: int, every: int
) -> tuple[dict[int, dict[str, Any]], dict[int, int]]:
    """What changes about each call, and the summaries made: call to the tokens it sums up."""
    changed: dict[int, dict[str, Any]] = {}
    summaries: dict[int, int] = {}
    served: set[tuple[str, int]] = set()
    for call in sorted(calls, key=lambda row: (row["started_at_us"], row["call_id"])):
        number = call["call_id"]
        if number not in chosen or call["input_tokens"] is None:
            continue
        context, documents = call["context_tokens"] or 0, call["context_documents"]
        dropped_context, counts = 0, call.get("context_document_tokens")
        if top_k is not None and documents is not None and documents > top_k:
            beyond = counts[top_k:] if counts is not None else None
            dropped_context = context - rounded(context * top_k, documents) if beyond is None else sum(beyond)
        history, summed_up, slot = call["history_tokens"] or 0, 0, None
        if keep is not None and call["conversation_id"] is not None:
            turns = sum(
                1
                for other in calls
                if other["conversation_id"] == call["conversation_id"]
                and other["status"] == "ok"
                and (other["started_at_us"], other["call_id"]) < (call["started_at_us"], number)
            )
            if turns > keep:
                covered = 1
                while covered + every <= turns - keep:
                    covered += every
                summed_up = history - rounded(history * (turns - covered), turns)
                slot = (call["conversation_id"], covered)
        elif keep is not None and call["user_tokens"] is not None and call["output_tokens"] is not None:
            summed_up = max(history - (call["user_tokens"] + call["output_tokens"]) * keep, 0)
        if summed_up <= summary:
            summed_up = 0
        dropped_history = summed_up - summary if summed_up else 0
        static = min((call["system_tokens"] or 0) + (call["tool_definition_tokens"] or 0), call["input_tokens"])
        dropped = min(dropped_context + dropped_history, call["input_tokens"] - static)
        if dropped == 0:
            continue
        after: dict[str, Any] = {"basis": "estimated", "input_tokens": call["input_tokens"] - dropped}
        if counts is not None and dropped == dropped_context and summed_up == 0:
            after["basis"] = "measured"
        if dropped_context:
            after |= {"context_tokens": context - dropped_context, "context_documents": top_k}
        if dropped_history:
            after["history_tokens"] = history - dropped_history
        read = call["cache_read_input_tokens"]
        kept_read = min(read or 0, static)
        kept_write = min(call["cache_creation_input_tokens"] or 0, static - kept_read)
        for name, kept in (
            ("cache_read_input_tokens", kept_read),
            ("cache_creation_input_tokens", kept_write),
            ("cache_creation_1h_input_tokens", kept_write),
        ):
            if call[name] is not None and call[name] > kept:
                after[name] = kept
                if name != "cache_creation_1h_input_tokens":
                    after["basis"] = "estimated"
        if call["prefix_hashes"] is not None:
            blocks = int(static // call["prefix_block_tokens"]) if call["prefix_block_tokens"] else 0
            after["prefix_hashes"] = call["prefix_hashes"][:blocks]
        changed[number] = after
        if summed_up and slot not in served:
            summaries[number] = summed_up
            if slot is not None:
                served.add(slot)
    return changed, summaries
