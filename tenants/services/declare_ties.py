"""A person says whom they are tied to: everything, as of today. What they no longer name has ended or was wrong."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from audit.verbs import Verb
from ringfence.kernel.ids import uuid7
from tenants.gate.registry import Known, NewParty, append, keep_declaration, known
from tenants.gate.resolve import forget
from tenants.gate.verdicts import today
from tenants.neutrality.facts import (
    Affiliation,
    Interest,
    InterestType,
    Party,
    PartyKind,
    Role,
    Statement,
)
from tenants.neutrality.intake import stable_id
from tenants.services.platform_log import note

SOURCE = "own declaration"
UNLOOKED = "named in a declaration; the operator has not looked yet"


@dataclass(frozen=True, slots=True)
class DeclaredTie:
    """One tie as the person states it. Days count in UTC; `end` is the last day that counts."""

    party: UUID
    role: Role
    start: date | None = None
    end: date | None = None
    share: Decimal | None = None


def declare_ties(
    person_id: UUID,
    ties: Sequence[DeclaredTie],
    *,
    named: Sequence[NewParty] = (),
    said: Sequence[Mapping[str, Any]] | None = None,
) -> None:
    """Keep what a person declares: each tie a statement of theirs, sealed, that supersedes the one before.

    A tie that was declared before and is not named now is withdrawn by a statement; nothing is edited. `named`
    are parties that the registry did not have: who stands behind them is unknown until the operator has looked,
    so that no new spelling passes a wall. The platform log tells that somebody declared, and not what.
    Raises `FactRefused`, `PlatformLogClosed`.
    """
    facts = known()
    own = facts.party_of.get(person_id)
    party = own or stable_id("person", str(person_id))
    statements = _statements(facts, party, ties) + [_unlooked(new.party.id) for new in named]
    note(Verb.DECLARATION_MADE, person_id=person_id)
    new = [] if own or not statements else [NewParty(Party(party, "", PartyKind.PERSON), person=person_id)]
    append([*new, *named], statements)
    keep_declaration(person_id, today(), said=said)
    forget()


def live_ties(facts: Known, person_id: UUID) -> list[Statement]:
    """Return the ties that a person declared and has not withdrawn."""
    own = facts.party_of.get(person_id)
    return [] if own is None else list(_live(facts, own).values())


def _statements(facts: Known, person: UUID, ties: Sequence[DeclaredTie]) -> list[Statement]:
    now, day = timezone.now(), today()
    live = _live(facts, person)
    made: list[Statement] = []
    times: Counter[UUID] = Counter()
    for tie in ties:
        record = stable_id("tie", str(person), str(tie.party), tie.role.value)
        times[record] += 1
        if times[record] > 1:
            # Two times with the same firm are two ties, not two words on one.
            record = stable_id("tie", str(record), str(times[record]))
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


def _unlooked(party: UUID) -> Statement:
    """State that whoever stands behind a party that only a declaration has named is not known."""
    fact = Interest(subject=party, holder=None, type=InterestType.UNKNOWN)
    return Statement(
        id=uuid7(), record=stable_id("named", str(party)), fact=fact, date=today(), recorded_at=timezone.now(),
        source=UNLOOKED,
    )  # fmt: skip


def _live(facts: Known, person: UUID) -> dict[UUID, Statement]:
    """Return by record the newest statement that the person made about themself and has not withdrawn."""
    return {
        facts.statements[each].record: facts.statements[each]
        for each in facts.private - facts.superseded
        if facts.statements[each].source == SOURCE
        and isinstance(fact := facts.statements[each].fact, Affiliation)
        and fact.person == person
    }
