"""The remedies that the store's own calls suggest: which models and features, which jobs, which repeats."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from llmaudit.errors import ConfigError
from llmaudit.levers import route_evidence
from llmaudit.levers.waterfall import Replay
from llmaudit.optimize.candidate import Candidate, Constraints, Refused, Risk
from llmaudit.optimize.smaller_models import smaller
from llmaudit.plan import planned
from llmaudit.store import Store, load_sql

FEATURES = load_sql(__package__, "features")
REPEATS = load_sql(__package__, "repeats")
SPEEDS = load_sql(__package__, "speeds")

LEAST_SHARE = Decimal("0.01")
"""A model or a feature that makes less of the cost is not worth a part of a plan."""
USUAL_DROP = Decimal("0.02")
"""Beyond this, a plan that was found without a limit of its own warns of a drop."""
TTLS = ("1h", "24h", "7d")
TOP_KS = (5, 3)
HISTORY = {"keep_turns": 4, "summary_tokens": 150}
_KEEP_LATENCY = "--keep-latency: {}"


class Found:
    """What came up: candidates, some of them excluded by a constraint, and what did not even become one."""

    def __init__(self) -> None:
        self.candidates: list[Candidate] = []
        self.refused: list[Refused] = []


def find(store: Store, replay: Replay, constraints: Constraints) -> Found:
    """The candidates among the calls as they were logged.

    Raises ConfigError for a score that the store does not have, and when a drop in quality is limited and it is not
    clear which score means quality.
    """
    found = Found()
    replay.bind()
    rows = store.records(FEATURES)
    total = sum((row["cost"] for row in rows), Decimal(0))
    repeats = store.records(REPEATS)[0]
    score = _score(store, constraints)
    found.candidates += _response_caches(repeats)
    if not repeats["calls"]:
        found.refused.append(
            Refused("response_cache", "no call at temperature 0 has a request hash: nothing can repeat")
        )
    routes = list(_routes(store, replay, rows, total, constraints, score, found.refused))
    found.candidates += routes
    found.candidates += _trims(rows, next((route.written["to"] for route in routes), None), constraints)
    found.candidates.append(Candidate("prompt_cache", {"ttl": "auto"}, "prompt_cache", Risk.SAME, "prompt_cache"))
    found.candidates += _batches(replay, constraints, found.refused)
    if constraints.only:
        found.candidates = [one for one in found.candidates if one.lever in constraints.only]
        found.refused = [one for one in found.refused if one.name.split(":")[0] in constraints.only]
    return found


def condition_of(column: str, values: Sequence[str]) -> str:
    """`feature = 'faq'` or `feature in ('faq', 'reports')`, as a plan writes it."""
    quoted = ["'" + value.replace("'", "''") + "'" for value in values]
    return f"{column} = {quoted[0]}" if len(quoted) == 1 else f"{column} in ({', '.join(quoted)})"


def _response_caches(repeats: dict[str, Any]) -> Iterator[Candidate]:
    if repeats["calls"] > repeats["different"]:
        for rung, ttl in enumerate(TTLS):
            yield Candidate(
                lever="response_cache",
                written={"when": "temperature = 0", "ttl": ttl},
                name=f"response_cache: answers up to {ttl} old",
                risk=Risk.EARLIER_ANSWER,
                slot="response_cache",
                rung=rung,
            )


def _trims(rows: list[dict[str, Any]], summarizer: str | None, constraints: Constraints) -> Iterator[Candidate]:
    unproven = None
    if constraints.max_quality_drop is not None:
        unproven = "--max-quality-drop: no log says how the answers to shorter prompts would score"
    settings: list[tuple[str, dict[str, Any]]] = []
    if any(row["many_documents_calls"] for row in rows):
        settings += [(f"the first {top_k} documents", {"top_k": top_k}) for top_k in TOP_KS]
    if any(row["history_calls"] for row in rows) and summarizer is not None:
        documents = settings[-1] if settings else ("", {})
        said = f"{documents[0]}, " if documents[0] else ""
        settings.append(
            (f"{said}old turns summed up", {**documents[1], "history": {**HISTORY, "summarizer": summarizer}})
        )
    for rung, (said, written) in enumerate(settings):
        waits = "history" in written and constraints.keep_latency
        late = _KEEP_LATENCY.format("a summary is made before the answer") if waits else None
        yield Candidate("trim", written, f"trim: {said}", Risk.UNKNOWN, "trim", rung, unproven or late)


def _batches(replay: Replay, constraints: Constraints, refused: list[Refused]) -> Iterator[Candidate]:
    """One step for all groups of calls that look like scheduled jobs."""
    (asked,) = planned([{"batch": {"when": "1 = 0"}}])
    groups = replay.look(asked).facts["candidates"]
    if not groups:
        refused.append(
            Refused("batch", "no group of calls looks like a scheduled job: regular, unstreamed, no conversation")
        )
        return
    by_column: dict[str, list[str]] = {}
    for group in groups:
        by_column.setdefault(group["by"], []).append(group["key"])
    when = " or ".join(condition_of(column, sorted(keys)) for column, keys in sorted(by_column.items()))
    late = _KEEP_LATENCY.format("a batch may take a day") if constraints.keep_latency else None
    name = f"batch: {', '.join(sorted(group['key'] for group in groups))}"
    yield Candidate("batch", {"when": when}, name, Risk.LATER, "batch", excluded=late)


def _routes(
    store: Store,
    replay: Replay,
    rows: list[dict[str, Any]],
    total: Decimal,
    constraints: Constraints,
    score: str | None,
    refused: list[Refused],
) -> Iterator[Candidate]:
    """For each model that matters, its simple calls to the next smaller one."""
    models: dict[tuple[str | None, str], list[dict[str, Any]]] = {}
    for row in rows:
        if row["model"] is not None:
            models.setdefault((row["provider_name"], row["model"]), []).append(row)
    for (provider, model), served in models.items():
        if sum(row["cost"] for row in served) < LEAST_SHARE * total:
            continue
        target = smaller(provider, model)
        if target is None:
            refused.append(Refused(f"route: {model}", "no smaller model of its family is known here"))
            continue
        features = [
            row["feature"]
            for row in served
            if row["feature"] is not None and row["simple_calls"] and row["cost"] >= LEAST_SHARE * total
        ]
        if not features:
            refused.append(Refused(f"route: {model}", "it answers no simple call of a feature that matters"))
            continue
        yield from _route(store, replay, model, target, features, constraints, score, refused)


def _route(
    store: Store,
    replay: Replay,
    model: str,
    target: str,
    features: list[str],
    constraints: Constraints,
    score: str | None,
    refused: list[Refused],
) -> Iterator[Candidate]:
    """The simple calls of these features, the dearest first, to the target."""

    def written(some: Sequence[str]) -> dict[str, Any]:
        quality = {} if score is None else {"quality": {"score": score, "max_drop": float(allowed)}}
        when = f"complexity = 'simple' and {condition_of('feature', some)}"
        return {"when": when, "from": [model], "to": target, **quality}

    allowed = USUAL_DROP if constraints.max_quality_drop is None else constraints.max_quality_drop
    evidence = _evidence(replay, written(features)) if score is not None else {}
    worse = [feature for feature in features if (evidence.get(feature, {}).get("high") or 0) < 0]
    supported = [feature for feature in features if _supports(evidence.get(feature), constraints.max_quality_drop)]
    for feature in worse:
        if feature not in supported:
            drop = -evidence[feature]["difference"]
            refused.append(Refused(f"route: {feature} to {target}", f"its {score} is {drop:.3f} lower there"))
    open_to = [feature for feature in features if feature not in supported and feature not in worse]
    # Scored features first, then one more of the others at a time, the dearest first.
    rungs = [(supported, Risk.SUPPORTED)] if supported else []
    rungs += [([*supported, *open_to[:count]], Risk.UNKNOWN) for count in range(1, len(open_to) + 1)]
    slower, warning = _speed(store, replay, model, target, constraints)
    for rung, (some, risk) in enumerate(rungs):
        unscored = [feature for feature in some if feature not in supported]
        unproven = None
        if constraints.max_quality_drop is not None and unscored:
            unproven = f"--max-quality-drop: no score bounds the drop for {', '.join(unscored)}"
        name = f"route: simple calls of {', '.join(some)} to {target}"
        yield Candidate("route", written(some), name, risk, f"route {model}", rung, unproven or slower, warning)


def _evidence(replay: Replay, written: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What the scores say of each feature, as the lever itself reads them."""
    (step,) = planned([{"route": written}])
    return {row["feature"]: row for row in replay.look(step).facts["quality"]}


def _supports(row: dict[str, Any] | None, max_drop: Decimal | None) -> bool:
    """Whether scores bound the drop: its 95 % interval stays above what is allowed, or says no difference at all."""
    if row is None or row["low"] is None:
        return False
    return bool(row["high"] >= 0) if max_drop is None else Decimal(str(row["low"])) >= -max_drop


def _speed(
    store: Store, replay: Replay, model: str, target: str, constraints: Constraints
) -> tuple[str | None, tuple[str, ...]]:
    """Why the target is too slow, if the log knows; and what to say if it does not."""
    if not constraints.keep_latency:
        return None, ()
    replay.bind()
    seconds = {
        row["model"]: row["median_seconds"] for row in store.records(SPEEDS, {"from_model": model, "to_model": target})
    }
    if len(seconds) < 2:
        return None, (f"no feature was answered by both {model} and {target}: the log cannot say which is faster",)
    if seconds[target] > seconds[model]:
        slower = f"its median is {seconds[target]:.2f} s, {model}'s {seconds[model]:.2f} s"
        return _KEEP_LATENCY.format(slower), ()
    return None, ()


def _score(store: Store, constraints: Constraints) -> str | None:
    """The score that means quality: the one that was named, else the only one there is."""
    names = route_evidence.scores(store)
    if constraints.score is not None:
        route_evidence.known_score("--score", constraints.score, names)
        return constraints.score
    if len(names) > 1 and constraints.max_quality_drop is not None:
        raise ConfigError("--max-quality-drop: of which score?", hint=f"--score {' or --score '.join(names)}")
    return names[0] if len(names) == 1 else None
