"""When two names of a firm are the same name: without case, accents, punctuation and legal form. Pure.

Used where people name a firm in their own words. Names that are alike count as one firm, since a wall must not
fall to a comma; whoever means another firm of the same name says so by its LEI.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from uuid import UUID

from tenants.neutrality.facts import Party, PartyKind

MOST_NAME = 200
OTHER_NAME = "name"
"""Scheme of an identifier that is another name of the party."""

_FORMS = frozenset(
    ("ab", "ag", "as", "bv", "co", "company", "corp", "corporation", "gmbh", "inc", "incorporated", "kg", "kgaa", "kk",
     "limited", "llc", "llp", "lp", "ltd", "nv", "oy", "oyj", "plc", "pte", "pty", "sa", "sarl", "sas", "se", "spa",
     "srl", "ug")
)  # fmt: skip
_BROKEN_FORMS = re.compile(r"\b(?:[a-z]\.\s?){2,}")
_APART = re.compile(r"[\W_]+")


def plain_name(name: str) -> str:
    """Return what is left of a name when two spellings of it are compared; never empty for a name that is not."""
    folded = unicodedata.normalize("NFKD", name).casefold().replace("&", " and ")
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter))
    bare = _BROKEN_FORMS.sub(lambda found: re.sub(r"[.\s]", "", found.group()) + " ", bare)
    words = _APART.sub(" ", bare.replace("'", "").replace("\u2019", "")).split()
    kept = [word for word in words if word not in _FORMS]
    if len(kept) > 1 and kept[0] == "the":
        kept = kept[1:]
    return " ".join(kept or words) or name.strip().casefold()


def names_of(party: Party) -> Iterable[str]:
    """Yield every name that a party is known by."""
    if party.name:
        yield party.name
    yield from (value for scheme, value in party.identifiers if scheme == OTHER_NAME)


def by_name(parties: Iterable[Party]) -> Mapping[str, tuple[UUID, ...]]:
    """Return the parties of each name, compared by `plain_name`. Systems are nobody's employer and left out."""
    found: dict[str, list[UUID]] = {}
    for party in parties:
        if party.kind is PartyKind.SYSTEM:
            continue
        for name in {plain_name(each) for each in names_of(party)}:
            found.setdefault(name, []).append(party.id)
    return {name: tuple(ids) for name, ids in found.items()}


def meant(
    name: str, lei: str, *, names: Mapping[str, tuple[UUID, ...]], leis: Mapping[str, UUID]
) -> tuple[UUID, ...]:
    """Return every registered party that somebody can mean by a name and an LEI (either may be empty).

    An LEI chooses among parties of the same name; where it points elsewhere, both it and the name count, so that
    no harmless LEI hides a name. An LEI that nobody here has names a party of its own: none is returned.
    """
    named = names.get(plain_name(name), ()) if name else ()
    if not lei:
        return named
    holder = leis.get(lei)
    if holder is None:
        return ()
    return (holder,) if holder in named or not named else (holder, *named)
