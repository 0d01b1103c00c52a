"""A model in use → where its price stands: in the book, in the overlay, or only in what the user wrote."""

import difflib
from dataclasses import dataclass
from typing import Literal

from llmaudit.errors import PriceError
from llmaudit.prices import book, names, overlay
from llmaudit.prices.overrides import PriceOverrides, PriceRule

Basis = Literal["exact", "fallback", "override"]


@dataclass(frozen=True, slots=True)
class Priced:
    """A model that has a price.

    `owner` and `model` are the book's provider and id, `sold_by` the book's provider that took the call. `entry` is
    None where only the overlay defines the model, or only the user's own rows do (the other two are then empty).
    `rules` are the user's rows that speak of it, in their order.
    """

    provider_name: str
    owner: str
    sold_by: str
    model: str
    entry: book.BookModel | None
    basis: Basis
    rules: tuple[PriceRule, ...] = ()

    @property
    def priced_as(self) -> str:
        return f"{self.owner}/{self.model}" if self.owner else self.model


def resolve(provider_name: str | None, model: str, overrides: PriceOverrides) -> Priced | None:
    """What this model is priced as; None where nobody says, which leaves its calls unpriced.

    Raises PriceError when an alias of the user's leads to a model without a price.
    """
    found, alias, rules = _found_and_said(provider_name, model, overrides)
    if found is not None:
        # Behind an alias the region is still that of the provider in the log.
        at = names.canonical(provider_name) if alias is not None and provider_name else found.provider_name
        basis: Basis = found.basis if alias is None else "override"
        return Priced(at, found.owner, found.sold_by, found.model, found.entry, basis, rules)
    if any(rule.absolute for rule in rules):
        return Priced(names.canonical(provider_name or ""), "", "", model, None, "override", rules)
    return None


def concerning(provider_name: str | None, model: str, overrides: PriceOverrides) -> tuple[PriceRule, ...]:
    """The user's rows that speak of this model, also where an earlier one decides. Raises PriceError, as `resolve`."""
    aliases = _aliases(provider_name, model, overrides)
    return (*aliases, *_found_and_said(provider_name, model, overrides)[2])


def _aliases(provider_name: str | None, model: str, overrides: PriceOverrides) -> tuple[PriceRule, ...]:
    providers = _providers(provider_name)
    return tuple(rule for rule in overrides.rules if rule.alias and rule.concerns(providers, [model]))


def _providers(provider_name: str | None) -> set[str]:
    given = provider_name or ""
    return {name for name in (given.lower(), names.canonical(given)) if name}


def _found_and_said(
    provider_name: str | None, model: str, overrides: PriceOverrides
) -> tuple[Priced | None, PriceRule | None, tuple[PriceRule, ...]]:
    """Where its price stands, the alias that says so, and the rows about its price."""
    alias = next(iter(_aliases(provider_name, model, overrides)), None)
    if alias is not None:
        found = _find(None, str(alias.alias))
        if found is None:
            raise PriceError(
                f"prices: alias of {alias.model}: no price for {alias.alias}", hint=_hint(str(alias.alias))
            )
    else:
        found = _find(provider_name, model)
    known_as = {model, *([found.model, found.priced_as, f"{found.provider_name}/{found.model}"] if found else [])}
    known_as |= {candidate.name for candidate in names.candidates(provider_name, model)}
    providers = _providers(provider_name) | ({found.provider_name} if found else set())
    rules = tuple(rule for rule in overrides.rules if not rule.alias and rule.concerns(providers, known_as))
    return found, alias, rules


def suggestions(model: str, provider_name: str | None = None, count: int = 5) -> list[str]:
    """The nearest names that have a price, as `provider/model`, the nearest first."""
    providers = [names.canonical(provider_name)] if provider_name else list(names.FIRST_PARTIES)
    wanted = model.lower().rpartition("/")[2]
    by_name: dict[str, str] = {}
    for provider in providers:
        for known in book.names(names.book_id(provider) or ""):
            by_name.setdefault(known.lower(), f"{provider}/{known}")
    return [by_name[name] for name in difflib.get_close_matches(wanted, by_name, n=count, cutoff=0.5)]


def _find(provider_name: str | None, model: str) -> Priced | None:
    rows = overlay.load()
    for candidate in names.candidates(provider_name, model):
        sold_by = candidate.book_id
        alias = rows.alias(sold_by, candidate.name)
        entry = book.entry(sold_by, alias) if alias else book.find(sold_by, candidate.name)
        if entry is not None:
            # Another provider's list, as Azure's models have OpenAI's: the book's rule, yet not the seller's own word.
            basis: Basis = "exact" if entry.own and candidate.basis == "exact" else "fallback"
            return Priced(candidate.provider_name, entry.owner, sold_by, entry.name, entry, basis)
        defined = rows.defined(sold_by, candidate.name)
        if defined is not None and defined.defines:
            return Priced(candidate.provider_name, sold_by, sold_by, defined.defines, None, candidate.basis)
    return None


def _hint(model: str) -> str:
    near = suggestions(model)
    return f"did you mean {', '.join(near)}?" if near else "llmaudit prices show MODEL says which names are known"
