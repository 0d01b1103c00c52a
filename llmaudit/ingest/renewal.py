"""What a store derives from settings (whose calls they are, how hard, what they cost), derived anew when these change.

So changed rules and prices need no re-ingest. Nor do they need an intention: whoever runs a command in another folder
has other settings. What became of the calls is therefore told.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from llmaudit import attribution, complexity, pricing
from llmaudit.prices import book_version
from llmaudit.store import Store

if TYPE_CHECKING:
    from llmaudit.attribution import AttributionRules
    from llmaudit.complexity import ComplexityRules
    from llmaudit.prices import PriceOverrides


class Rules(Protocol):
    """The part of the settings that a store is derived from; None is what nobody said."""

    @property
    def attribution(self) -> "AttributionRules | None": ...
    @property
    def complexity(self) -> "ComplexityRules | None": ...
    @property
    def prices(self) -> "PriceOverrides | None": ...


@dataclass(frozen=True, slots=True)
class Renewal:
    """How many calls of a store are not what they were: whose they are, how hard, what they cost."""

    store: str
    attributed: int = 0
    judged: int = 0
    priced: int = 0


def is_current(store: Store, rules: Rules) -> bool:
    """Whether everything that the store derives from settings is derived from these."""
    return (
        store.meta("price_book") == book_version(rules.prices)
        and attribution.is_current(store, rules.attribution)
        and complexity.is_current(store, rules.complexity)
    )


def renew(store: Store, rules: Rules) -> Renewal:
    """Derive anew whatever the settings have changed; returns what that changed."""
    if not store.value("select count(*) from calls"):
        # Nothing to derive anew; what is read next is derived from these settings.
        store.run("delete from rates")
        store.set_meta(
            {
                "attribution": attribution.fingerprint(rules.attribution),
                "complexity": complexity.fingerprint(rules.complexity),
                "price_book": book_version(rules.prices),
            }
        )
        return Renewal(store.path)
    attributed = attribution.reattribute_if_changed(store, rules.attribution)
    judged = complexity.decide_if_changed(store, rules.complexity, again=attributed > 0)
    return Renewal(store.path, attributed, judged, pricing.reprice_if_changed(store, rules.prices))
