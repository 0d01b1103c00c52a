"""How many requests may be made to others, counted when they are made."""

from dataclasses import dataclass

from llmaudit.replay.drive import StopMeasuring


@dataclass(slots=True)
class Budget:
    """`most` requests, None for any number; `made` counts them, tries included."""

    most: int | None = None
    made: int = 0

    def take(self) -> None:
        """Counts a request that is about to be made. Raises StopMeasuring when it would be one too many."""
        self.check()
        self.made += 1

    def check(self) -> None:
        """Raises StopMeasuring when no more requests may be made."""
        if self.most is not None and self.made >= self.most:
            raise StopMeasuring(f"--max-calls {self.most} was reached")
