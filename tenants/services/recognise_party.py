"""The operator has looked which firm a declared name is: one that the registry has, or one of its own.

Nobody's declaration is touched, and the operator does not learn whose it was: what is stated is about the party.
"""

from collections.abc import Mapping
from uuid import UUID

from django.utils import timezone

from ringfence.kernel.errors import Invalid, NotFound
from ringfence.kernel.ids import uuid7
from tenants.gate.registry import Known, known
from tenants.gate.verdicts import today
from tenants.neutrality.facts import Assurance, Interest, InterestType, Statement
from tenants.neutrality.intake import stable_id
from tenants.services.declare_ties import UNLOOKED
from tenants.services.state_facts import state_facts

SAME = "the operator recognised a name that a declaration brought"


def recognise_party(party: UUID, *, same_as: UUID | None, reason: str, signer: str) -> None:
    """State who stands behind a party that only a declaration has named.

    With `same_as`, that party stands behind it altogether, so every rule sees through to it; without, it is a firm
    of its own, of which nothing is known that would keep anybody away. Raises `Invalid`, `NotFound`.
    """
    facts = known()
    if party not in facts.declared:
        raise NotFound("party")
    if not reason.strip():
        raise Invalid("Say how you know.", field="reason")
    if same_as is not None and (
        same_as not in facts.parties
        or same_as in facts.person_of
        or same_as in facts.declared
        or same_as == party
    ):
        raise Invalid("Choose a party that the registry describes itself.", field="same_as")
    now, day = timezone.now(), today()

    def state(fact: Interest | None, record: UUID, supersedes: UUID | None = None) -> Statement:
        return Statement(
            id=uuid7(), record=record, fact=fact, date=day, recorded_at=now, source=f"{SAME}: {reason.strip()}"[:500],
            signer=signer, assurance=Assurance.DOCUMENT, supersedes=supersedes,
        )  # fmt: skip

    unlooked = unlooked_of(facts).get(party)
    made = [] if unlooked is None else [state(None, facts.statements[unlooked].record, unlooked)]
    if same_as is not None:
        behind = Interest(subject=party, holder=same_as, type=InterestType.NOMINATOR)
        made.append(
            state(behind, stable_id("same", str(party)), _before(facts, stable_id("same", str(party))))
        )
    state_facts(statements=made)


def unlooked_of(facts: Known) -> Mapping[UUID, UUID]:
    """Return by party the statement that nobody has looked who it is yet."""
    return {
        each.fact.subject: each.id
        for each in facts.statements.values()
        if each.source == UNLOOKED and isinstance(each.fact, Interest) and each.id not in facts.superseded
    }


def _before(facts: Known, record: UUID) -> UUID | None:
    """Return what an earlier look has stated, so that the newest one holds."""
    live = [
        each.id
        for each in facts.statements.values()
        if each.record == record and each.id not in facts.superseded
    ]
    return live[0] if live else None
