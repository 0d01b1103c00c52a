"""What is fast enough: `slo:` of a pipeline file, or `--slo p95=8s --slo ttft=1s --slo errors=1%`."""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import BeforeValidator, ValidationError

from llmaudit.config import Section
from llmaudit.config.wording import reason
from llmaudit.errors import ConfigError

_UNITS = {"ms": Decimal("0.001"), "s": Decimal(1), "m": Decimal(60)}
_WRITTEN = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*(ms|s|m)\s*")


def seconds(written: object) -> float:
    """The seconds that `800ms`, `1.5s` or `2m` mean. Raises ValueError for anything else, and for no time at all."""
    found = _WRITTEN.fullmatch(written) if isinstance(written, str) else None
    if found is None or not Decimal(found[1]):
        raise ValueError("a duration is a number above 0 and a unit, such as 800ms, 1.5s or 2m")
    return float(Decimal(found[1]) * _UNITS[found[2]])


def _share(written: object) -> float:
    text = str(written).strip()
    try:
        number = Decimal(text.removesuffix("%").strip()) / (100 if text.endswith("%") else 1)
    except InvalidOperation as error:
        raise ValueError("a share is written as 1% or 0.01") from error
    if not (number.is_finite() and 0 <= number <= 1):
        raise ValueError("a share is between 0 and 100%")
    return float(number)


Seconds = Annotated[float, BeforeValidator(seconds)]
Share = Annotated[float, BeforeValidator(_share)]


class Slo(Section):
    """Limits that are still met when they are reached; what is left out has none.

    `p50`, `p95`, `p99`: seconds from a query's (intended) start to its end. `ttft`: the p95 of the time to first token.
    `errors`: the share of queries that were not answered as they should be.
    """

    p50: Seconds | None = None
    p95: Seconds | None = None
    p99: Seconds | None = None
    ttft_p50: Seconds | None = None
    ttft: Seconds | None = None
    ttft_p99: Seconds | None = None
    errors: Share | None = None

    @property
    def limits(self) -> dict[str, float]:
        """The limits there are, by name."""
        return {name: limit for name, limit in self if limit is not None}


def with_options(slo: Slo, options: Sequence[str]) -> Slo:
    """The limits, with those of `--slo NAME=LIMIT` in place of or beside them. Raises ConfigError for anything else."""
    said: dict[str, object] = {}
    for option in options:
        name, equals, limit = option.partition("=")
        if not equals or name.strip() not in Slo.model_fields:
            raise ConfigError(
                f"--slo {option}: is not a limit", hint=f"such as p95=8s; the names are {', '.join(Slo.model_fields)}"
            )
        said[name.strip()] = limit.strip()
    try:
        return slo.model_copy(update={name: getattr(Slo.model_validate(said), name) for name in said})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0])
        raise ConfigError(f"--slo {name}={said[name]}: {reason([first])}") from error
