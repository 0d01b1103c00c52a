"""What the body of an answer says about itself: when its first token came, how many tokens it used, of which model.

Only times, counts and the model's name are kept, never a text. The streams are server-sent events or JSON lines:

- OpenAI chat: `choices[].delta.content` and `.tool_calls`; the first chunk holds the role and an empty content
- OpenAI responses: `response.output_text.delta`, `response.function_call_arguments.delta`
- Anthropic: `content_block_delta`; usage in `message_start` and `message_delta`
- Gemini: `candidates[].content.parts[].text`, `usageMetadata`
- Ollama: `message.content` or `response`; `prompt_eval_count`, `eval_count`

(The providers' API references, read 2026-11-27.)
"""

import json
from typing import Any

_DELTAS = frozenset({"response.output_text.delta", "response.function_call_arguments.delta", "content_block_delta"})
_INPUT = ("prompt_tokens", "input_tokens", "promptTokenCount", "prompt_eval_count")
_OUTPUT = ("completion_tokens", "output_tokens", "candidatesTokenCount", "eval_count")
_LONGEST = 4_000_000


class Reading:
    """A body as it comes in, in pieces of any size."""

    def __init__(self, *, streamed: bool) -> None:
        self.streamed = streamed
        self.first_token_ns: int | None = None
        self.input_tokens: int | None = None
        self.output_tokens: int | None = None
        self.model: str | None = None
        self._rest = b""

    def feed(self, chunk: bytes, now_ns: int) -> None:
        """The next piece, received now."""
        self._rest += chunk
        if not self.streamed:
            # The usage stands at one end of the body, and what lies between (vectors, a text) may be long.
            if len(self._rest) > _LONGEST:
                self._rest = self._rest[-_LONGEST:]
            return
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            self._line(line, now_ns)

    def finish(self) -> None:
        """There is no more."""
        if self.streamed:
            self._line(self._rest, None)
        else:
            self._whole()
        self._rest = b""

    def _line(self, line: bytes, now_ns: int | None) -> None:
        line = line.removeprefix(b"data:").strip()
        if not line.startswith(b"{"):
            return
        worth = self.first_token_ns is None or b"usage" in line or b"eval_count" in line
        if not worth:
            return
        try:
            event = json.loads(line)
        except ValueError:
            return
        if self.first_token_ns is None and now_ns is not None and _has_content(event):
            self.first_token_ns = now_ns
        for part in (event, event.get("response"), event.get("message")):
            if isinstance(part, dict):
                self._facts(part)

    def _whole(self) -> None:
        """The usage alone, since parsing thousands of vectors would be felt in what is being measured."""
        decoder = json.JSONDecoder()
        for key in (b'"usage"', b'"usageMetadata"', b'"model"'):
            at = self._rest.rfind(key)
            if at < 0:
                continue
            after = self._rest[at + len(key) :].decode(errors="replace").lstrip(" :\n\t")
            try:
                value, _ = decoder.raw_decode(after[:20_000])
            except ValueError:
                continue
            self._facts({key.strip(b'"').decode(): value})
        if b'"eval_count"' in self._rest:
            self._line(self._rest.replace(b"\n", b" "), None)

    def _facts(self, said: dict[str, Any]) -> None:
        usage = said.get("usage") or said.get("usageMetadata") or said
        if not isinstance(usage, dict):
            return
        self.input_tokens = _count(usage, _INPUT, self.input_tokens)
        self.output_tokens = _count(usage, _OUTPUT, self.output_tokens)
        model = said.get("model") or said.get("modelVersion")
        if isinstance(model, str) and self.model is None:
            self.model = model


def _count(usage: dict[str, Any], keys: tuple[str, ...], before: int | None) -> int | None:
    return next((usage[key] for key in keys if isinstance(usage.get(key), int)), before)


def _has_content(event: dict[str, Any]) -> bool:
    if event.get("type") in _DELTAS:
        return True
    for choice in _objects(event.get("choices")):
        delta = choice.get("delta")
        if choice.get("text") or (isinstance(delta, dict) and (delta.get("content") or delta.get("tool_calls"))):
            return True
    for candidate in _objects(event.get("candidates")):
        content = candidate.get("content")
        if isinstance(content, dict) and any(part.get("text") for part in _objects(content.get("parts"))):
            return True
    message = event.get("message")
    return bool(isinstance(message, dict) and "done" in event and message.get("content")) or (
        "done" in event and bool(event.get("response"))
    )


def _objects(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
