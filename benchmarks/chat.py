"""OpenAI chat completions as JSONL: bare bodies, and request+response pairs with their text.

Shapes as in the provider's API reference and `shared/formats/FORMATS.md` section 1. Text is made of common words;
every message carries a number of its own, so no two requests are alike, while the system prompts and the earlier turns
of a conversation repeat, as they do in life.
"""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

FILE_BYTES = 50_000_000
MODELS = ("gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18", "gpt-4.1-2025-04-14", "gpt-4.1-mini-2025-04-14")
FIRST_CALL = datetime(2025, 6, 2, tzinfo=UTC)
_TEXT = (
    "the of and to in is that for it as was with be by on not he this are or his from at which but have an they you "
    "were her she all their we one has been would there what when who will more no if out so said up about into them "
    "invoice refund policy customer contract delivery warranty account password reset schedule meeting summary report "
    "quarter revenue margin forecast inventory supplier shipment tracking number please kindly regards naïve "
    "café “quoted”"
)
WORDS = _TEXT.split()


def write_bodies(folder: Path, size: int) -> None:
    """About `size` bytes of response bodies in files of 50 MB under `folder`."""
    _write(folder, size, _bodies())


def write_pairs(folder: Path, size: int) -> None:
    """About `size` bytes of `{timestamp, request, response}` in files of 50 MB under `folder`."""
    _write(folder, size, _pairs())


def write_small_files(folder: Path, files: int) -> None:
    """So many files of 20 bodies each."""
    bodies = _bodies()
    for index in range(files):
        (folder / f"chat-{index:04d}.jsonl").write_text("".join(next(bodies) for _ in range(20)), encoding="utf-8")


def _write(folder: Path, size: int, lines: Iterator[str]) -> None:
    for index, offset in enumerate(range(0, size, FILE_BYTES)):
        left = min(FILE_BYTES, size - offset)
        with (folder / f"chat-{index:04d}.jsonl").open("wb") as file:
            while left > 0:
                left -= file.write(next(lines).encode())


def _bodies() -> Iterator[str]:
    source = random.Random(1)
    texts = _texts(source)
    for number in _count():
        yield _json(
            _body(source, number, f"{number}: {source.choice(texts)}", prompt_bytes=source.randrange(400, 16_000))
        )


def _pairs() -> Iterator[str]:
    source = random.Random(2)
    texts = _texts(source)
    systems = [" ".join(source.choices(texts, k=3)) for _ in range(8)]
    number = 0
    while True:
        messages = [{"role": "system", "content": source.choice(systems)}]
        for _turn in range(source.randrange(1, 6)):
            number += 1
            messages.append({"role": "user", "content": f"{number}: {source.choice(texts)}"})
            answer = f"{number}: {source.choice(texts)}"
            body = _body(source, number, answer, prompt_bytes=sum(len(message["content"]) for message in messages))
            request = {"model": "-".join(str(body["model"]).split("-")[:-3]), "messages": messages, "temperature": 0.2}
            timestamp = (FIRST_CALL + timedelta(seconds=20 * number)).isoformat().replace("+00:00", "Z")
            yield _json({"timestamp": timestamp, "request": request, "response": body})
            messages.append({"role": "assistant", "content": answer})


def _body(source: random.Random, number: int, content: str, prompt_bytes: int) -> dict[str, object]:
    prompt, completion = prompt_bytes // 4, len(content) // 4
    cached = prompt // 128 * 128 if prompt >= 1024 and number % 3 else 0
    message: dict[str, object] = {"role": "assistant", "content": content, "refusal": None, "annotations": []}
    return {
        "id": f"chatcmpl-{number:024x}",
        "object": "chat.completion",
        "created": int(FIRST_CALL.timestamp()) + 20 * number,
        "model": source.choice(MODELS),
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
        "system_fingerprint": "fp_0123456789",
    }


def _texts(source: random.Random) -> list[str]:
    return [" ".join(source.choices(WORDS, k=source.randrange(20, 400))) for _ in range(1_000)]


def _count() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


def _json(record: object) -> str:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"
