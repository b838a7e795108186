"""State one public fact: an interest, a person's public tie, or that an earlier statement is withdrawn."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.utils import timezone

from ringfence.kernel.errors import Invalid
from ringfence.kernel.ids import uuid7
from tenants.gate.registry import known
from tenants.gate.verdicts import today
from tenants.neutrality.facts import (
    Affiliation,
    Assurance,
    FactRefused,
    Interest,
    Party,
    PartyKind,
    Statement,
)
from tenants.neutrality.names import by_name, plain_name
from tenants.services.state_facts import state_facts

FAR_AHEAD = timedelta(days=3_650)
SHOWN_ALIKE = 5


@dataclass(frozen=True, slots=True)
class Said:
    """On whose word a fact rests. `evidence` is the SHA-256 of a document that we do not keep, or empty."""

    date: date
    source: str
    signer: str = ""
    assurance: Assurance = Assurance.DOCUMENT
    evidence: bytes = b""


def state_fact(
    fact: Interest | Affiliation | None, said: Said, *, supersedes: UUID | None = None
) -> Statement:
    """Return the statement as recorded. A fact of None withdraws what it supersedes; `said.source` is the reason.

    Raises `Invalid` for whatever cannot stand, and what `state_facts` raises.
    """
    facts = known()
    if said.date > today() + FAR_AHEAD:
        raise Invalid("A statement is dated at most ten years ahead.", field="date")
    if not said.source.strip():
        raise Invalid("Say where this is known from.", field="source")
    record = uuid7()
    if supersedes is not None:
        earlier = facts.statements.get(supersedes)
        if earlier is None or supersedes in facts.private:
            raise Invalid("There is no such statement.", field="supersedes")
        record = earlier.record
    if isinstance(fact, Affiliation) and fact.person in facts.person_of:
        raise Invalid("A member's ties are their own to declare, or an agency's to attest.", field="person")
    try:
        statement = Statement(
            id=uuid7(),
            record=record,
            fact=fact,
            date=said.date,
            recorded_at=timezone.now(),
            source=said.source.strip(),
            evidence=said.evidence,
            signer=said.signer.strip(),
            assurance=said.assurance,
            supersedes=supersedes,
        )
        state_facts(statements=[statement])
    except FactRefused as wrong:
        raise Invalid(_sentence(wrong), field=wrong.field) from wrong
    return statement


def party_meant(text: str, *, field: str, only: PartyKind | None = None) -> Party:
    """Return the one party that a name, an LEI or an id means. Raises `Invalid`, naming who could be meant."""
    facts = known()
    parties = [each for each in facts.parties.values() if each.id not in facts.person_of]
    wanted = text.strip()
    found = [each for each in parties if wanted in (str(each.id), each.lei) and wanted]
    found = found or [facts.parties[each] for each in by_name(parties).get(plain_name(wanted), ())]
    if only is not None:
        found = [each for each in found if each.kind is only]
    if not found:
        raise Invalid("The registry has no such party. Add it first, or give its LEI or id.", field=field)
    if len(found) > 1:
        ids = ", ".join(f"{each.name} ({each.lei or each.id})" for each in found[:SHOWN_ALIKE])
        raise Invalid(f"Several parties have this name. Give the LEI or id of one: {ids}.", field=field)
    return found[0]


def _sentence(wrong: FactRefused) -> str:
    text = str(wrong).partition(": ")[2] or str(wrong)
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
