"""A person says whom they are tied to: everything, as of today. What they no longer name has ended or was wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from audit.verbs import Verb
from ringfence.kernel.ids import uuid7
from tenants.gate.registry import Known, NewParty, append, keep_declaration, known
from tenants.gate.resolve import forget
from tenants.gate.verdicts import today
from tenants.neutrality.facts import Affiliation, Party, PartyKind, Role, Statement
from tenants.neutrality.intake import stable_id
from tenants.services.platform_log import note

SOURCE = "own declaration"


@dataclass(frozen=True, slots=True)
class DeclaredTie:
    """One tie as the person states it. Days count in UTC; `end` is the last day that counts."""

    party: UUID
    role: Role
    start: date | None = None
    end: date | None = None
    share: Decimal | None = None


def declare_ties(person_id: UUID, ties: Sequence[DeclaredTie]) -> None:
    """Keep what a person declares: each tie a statement of theirs, sealed, that supersedes the one before.

    A tie that was declared before and is not named now is withdrawn by a statement; nothing is edited. The
    platform log tells that somebody declared, and not what. Raises `FactRefused`, `PlatformLogClosed`.
    """
    facts = known()
    own = facts.party_of.get(person_id)
    party = own or uuid7()
    statements = _statements(facts, party, ties)
    note(Verb.DECLARATION_MADE, person_id=person_id)
    new = [] if own or not statements else [NewParty(Party(party, "", PartyKind.PERSON), person=person_id)]
    append(new, statements, person=person_id)
    keep_declaration(person_id, today())
    forget()


def _statements(facts: Known, person: UUID, ties: Sequence[DeclaredTie]) -> list[Statement]:
    now, day = timezone.now(), today()
    live = _live(facts, person)
    made: list[Statement] = []
    for tie in ties:
        record = stable_id("tie", str(person), str(tie.party), tie.role.value)
        fact = Affiliation(
            person, tie.party, tie.role, tie.start, tie.end, reaffirmed_on=day, share=tie.share
        )
        before = live.pop(record, None)
        made.append(
            Statement(
                id=uuid7(), record=record, fact=fact, date=day, recorded_at=now, source=SOURCE,
                supersedes=None if before is None else before.id,
            )
        )  # fmt: skip
    made += [
        Statement(
            id=uuid7(), record=record, fact=None, date=day, recorded_at=now, source=SOURCE, supersedes=gone.id
        )
        for record, gone in live.items()
    ]
    return made


def _live(facts: Known, person: UUID) -> dict[UUID, Statement]:
    """Return by record the newest statement that the person made about themself and has not withdrawn."""
    replaced = {each.supersedes for each in facts.statements.values()}
    return {
        each.record: each
        for each in facts.statements.values()
        if each.id not in replaced
        and each.source == SOURCE
        and isinstance(each.fact, Affiliation)
        and each.fact.person == person
    }
