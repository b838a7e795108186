"""A person declares by names that they type: each is found in the registry, or becomes a party to be looked at.

The person is never told whether the registry had the name: whoever asks it for names would learn whom our
customers are or exclude.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from ringfence.kernel.database import control_database
from ringfence.kernel.errors import Invalid
from tenants.gate.registry import NewParty, known, last_said
from tenants.keys.realm import blind_identity
from tenants.neutrality.facts import Affiliation, FactRefused, Party, Role
from tenants.neutrality.names import by_name, meant, plain_name
from tenants.services.declare_ties import SOURCE, DeclaredTie, declare_ties, live_ties

MOST_TIES = 40


@dataclass(frozen=True, slots=True)
class SaidTie:
    """One tie in the person's own words."""

    name: str
    role: Role
    lei: str = ""
    start: date | None = None
    end: date | None = None
    share: Decimal | None = None


def declare_in_words(person_id: UUID, ties: Sequence[SaidTie]) -> None:
    """Keep a declaration. A name that several parties have ties the person to each of them, until an LEI says which.

    Raises `Invalid`, `PlatformLogClosed`.
    """
    if len(ties) > MOST_TIES:
        raise Invalid(f"At most {MOST_TIES} ties can be declared. Leave out what ended longest ago.")
    facts = known()
    names, leis = _names(facts.version)
    found: list[DeclaredTie] = []
    named: dict[UUID, NewParty] = {}
    for tie in ties:
        parties = meant(tie.name, tie.lei, names=names, leis=leis)
        if not parties:
            new = _named(tie)
            if new.party.id not in facts.parties:
                named[new.party.id] = new
            parties = (new.party.id,)
        found += [DeclaredTie(party, tie.role, tie.start, tie.end, tie.share) for party in parties]
    try:
        declare_ties(person_id, found, named=tuple(named.values()), said=[_document(tie) for tie in ties])
    except FactRefused as error:
        raise Invalid(str(error)) from error


def said_ties(person_id: UUID) -> list[SaidTie]:
    """Return what a person declared last, in their words; in the registry's where they used a choice, not a form."""
    said = last_said(person_id)
    if said is not None:
        return [_said(document) for document in said]
    facts = known()
    ties = [each.fact for each in live_ties(facts, person_id) if isinstance(each.fact, Affiliation)]
    return [
        SaidTie(
            facts.parties[tie.party].name,
            tie.role,
            facts.parties[tie.party].lei,
            tie.start,
            tie.end,
            tie.share,
        )
        for tie in sorted(ties, key=lambda tie: (facts.parties[tie.party].name, tie.role))
    ]


def reaffirm(person_id: UUID) -> None:
    """Keep that nothing has changed: the same ties, said again today, and looked for in today's registry.

    Raises `Invalid` for somebody who has declared nothing yet.
    """
    said = last_said(person_id)
    if said is not None:
        declare_in_words(person_id, [_said(document) for document in said])
        return
    ties = [each.fact for each in live_ties(known(), person_id) if isinstance(each.fact, Affiliation)]
    declare_ties(person_id, [DeclaredTie(t.party, t.role, t.start, t.end, t.share) for t in ties])


@lru_cache(maxsize=2)
def _names(version: int) -> tuple[Any, dict[str, UUID]]:
    """Return the registry's parties by name and by LEI, made once for each version of the graph."""
    facts = known()
    parties = [party for party in facts.parties.values() if party.id not in facts.person_of]
    return by_name(parties), {p.lei: p.id for p in parties if p.lei and p.id not in facts.declared}


def _named(tie: SaidTie) -> NewParty:
    """Return the party of a name that the registry does not have; the same name gives the same party.

    Its id is made under a key: from a plain digest, a reader of the tables could find the name by guessing.
    """
    with control_database():
        party_id = UUID(bytes=blind_identity(f"party|{plain_name(tie.name)}|{tie.lei}"))
    # The name is sealed and an LEI column is not: the LEI stands in the name.
    name = f"{tie.name} (LEI {tie.lei})" if tie.lei else tie.name
    return NewParty(Party(party_id, name), source=SOURCE, declared=True)


def _document(tie: SaidTie) -> dict[str, Any]:
    return {
        "name": tie.name,
        "lei": tie.lei,
        "role": tie.role.value,
        "start": None if tie.start is None else tie.start.isoformat(),
        "end": None if tie.end is None else tie.end.isoformat(),
        "share": None if tie.share is None else format(tie.share, "f"),
    }


def _said(document: dict[str, Any]) -> SaidTie:
    return SaidTie(
        name=document["name"],
        lei=document["lei"],
        role=Role(document["role"]),
        start=None if document["start"] is None else date.fromisoformat(document["start"]),
        end=None if document["end"] is None else date.fromisoformat(document["end"]),
        share=None if document["share"] is None else Decimal(document["share"]),
    )
