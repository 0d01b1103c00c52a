"""A span: one piece of work inside an answer, from when to when, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Value = str | int | float | bool | None
"""What an attribute may hold. Names are those of OTel GenAI where it has them, else they start with `llmaudit.`."""


class Status(StrEnum):
    """How a span ended. A timeout is a time that nobody waited for, not a time that was needed."""

    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Span:
    """One stage of one query. Times are nanoseconds of one monotonic clock; `end_ns` is never before `start_ns`.

    `parent_id` is the span it ran inside, or None when that was the query itself. `error_type` names an exception class
    or a provider's code, never its text: a message may quote a prompt or a key.
    """

    span_id: int
    parent_id: int | None
    stage: str
    name: str
    start_ns: int
    end_ns: int
    status: Status = Status.OK
    error_type: str | None = None
    attributes: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.end_ns < self.start_ns:
            raise ValueError(f"a span cannot end before it starts: {self.name}")

    @property
    def duration_ns(self) -> int:
        return self.end_ns - self.start_ns
