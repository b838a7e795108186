"""Small worlds of parties and statements for tests of neutrality, told in few words."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from hypothesis import HealthCheck, settings

from tenants.neutrality.facts import (
    Affiliation,
    Assurance,
    Interest,
    InterestType,
    Party,
    PartyKind,
    Role,
    Statement,
)
from tenants.neutrality.graph import Graph, graph_on
from tenants.neutrality.people import PersonVerdict, judge_person
from tenants.neutrality.policy import Level, Policy, Rule
from tenants.neutrality.taint import Taint, taint_of

TODAY = date(2026, 6, 1)
SPACE = UUID(int=7)

PATIENT = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""A busy machine is no reason to fail."""


def at(day: date, hour: int = 12) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=UTC)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def party_id(name: str) -> UUID:
    return uuid5(SPACE, name)


def number(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


class World:
    """Parties by name, and statements about them; a party that is not introduced is a firm."""

    def __init__(self) -> None:
        self.parties: dict[UUID, Party] = {}
        self.statements: list[Statement] = []

    def party(self, name: str, kind: PartyKind = PartyKind.ENTITY, **more: Any) -> UUID:
        party = Party(party_id(name), name, kind, **more)
        self.parties[party.id] = party
        return party.id

    def person(self, name: str) -> UUID:
        return self.party(name, PartyKind.PERSON)

    def _known(self, name: str | None) -> UUID | None:
        if name is None:
            return None
        found = party_id(name)
        if found not in self.parties:
            self.party(name)
        return found

    def holds(
        self,
        holder: str | None,
        subject: str,
        percent: object = None,
        kind: InterestType = InterestType.SHAREHOLDING,
        *,
        least: object = None,
        **more: Any,
    ) -> Statement:
        """State that `holder` holds `percent` of `subject`; a range from `least` on, when that is given."""
        meta = {
            name: more.pop(name)
            for name in ("dated", "recorded", "supersedes", "record", "assurance")
            if name in more
        }
        if "capital" in more:
            more["capital"] = number(more["capital"])
        found = self._known(subject)
        assert found is not None
        fact = Interest(
            found,
            self._known(holder),
            kind,
            number(percent if least is None else least),
            number(percent),
            **more,
        )
        return self._state(fact, **meta)

    def tie(self, person: str, party: str, role: Role = Role.EMPLOYEE, **more: Any) -> Statement:
        meta = {
            name: more.pop(name)
            for name in ("dated", "recorded", "supersedes", "record", "assurance")
            if name in more
        }
        if party_id(person) not in self.parties:
            self.person(person)
        known = self._known(party)
        assert known is not None
        if "share" in more:
            more["share"] = number(more["share"])
        return self._state(Affiliation(party_id(person), known, role, **more), **meta)

    def _state(
        self,
        fact: Interest | Affiliation | None,
        *,
        dated: date = TODAY,
        recorded: datetime | None = None,
        supersedes: Statement | None = None,
        record: UUID | None = None,
        assurance: Assurance = Assurance.DOCUMENT,
    ) -> Statement:
        count = len(self.statements)
        if supersedes is not None:
            record = supersedes.record
        statement = Statement(
            id=uuid5(SPACE, f"statement {count}"),
            record=record or uuid5(SPACE, f"record {count}"),
            fact=fact,
            date=dated,
            recorded_at=recorded or at(min(dated, TODAY), 6),
            assurance=assurance,
            supersedes=None if supersedes is None else supersedes.id,
        )
        self.statements.append(statement)
        return statement

    def withdraw(self, earlier: Statement, **meta: Any) -> Statement:
        return self._state(None, supersedes=earlier, **meta)

    def graph(self, day: date = TODAY, known_at: datetime | None = None) -> Graph:
        return graph_on(
            day,
            known_at=known_at or at(max(day, TODAY)),
            parties=self.parties.values(),
            statements=self.statements,
        )

    def taint(
        self,
        *excluded: str,
        day: date = TODAY,
        policy: Policy | None = None,
        operator: str | None = None,
        known_at: datetime | None = None,
    ) -> Taint:
        for name in excluded or ("W",):
            self._known(name)
        policy = policy or Policy(excluded=frozenset(map(party_id, excluded or ("W",))))
        return taint_of(
            self.graph(day, known_at), policy, operator=None if operator is None else party_id(operator)
        )

    def judge(self, person: str, *excluded: str, day: date = TODAY, **more: Any) -> PersonVerdict:
        taint = self.taint(*excluded, day=day, policy=more.pop("policy", None))
        more.setdefault("declared_on", day)
        return judge_person(party_id(person), taint=taint, graph=self.graph(day), **more)


def standing(taint: Taint, name: str) -> tuple[str, frozenset[str]]:
    """Return (level for people, rules that say more than a report) of a party; ("clean", none) otherwise."""
    hits = [hit for hit in taint.of(party_id(name)) if Level.REPORT not in (hit.people, hit.egress)]
    level = max((hit.people for hit in hits), default=None)
    return ("clean" if level is None else level.word, frozenset(hit.rule.value for hit in hits))


def rules_of(taint: Taint, name: str) -> set[Rule]:
    """Return the rules that a party meets, those for report only left out."""
    return {hit.rule for hit in taint.of(party_id(name)) if hit.people > Level.REPORT}


def names(taint: Taint, parties: Iterable[Party]) -> set[str]:
    """Return the names of all parties that more than a report stands against."""
    return {party.name for party in parties if standing(taint, party.name)[0] != "clean"}
