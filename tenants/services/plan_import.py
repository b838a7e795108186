"""What adding a file would do to the registry: new parties, new statements, what they supersede, what stays the same.

A plan is made from the graph as it is; the same file and the same graph give the same plan, to the byte.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from uuid import UUID

from audit.leaf import canonical_json
from tenants.gate.registry import Known, NewParty
from tenants.neutrality.documents import document_of, kind_of, party_document
from tenants.neutrality.facts import Affiliation, FactRefused, Interest, Party, Statement
from tenants.neutrality.gleif import party_id as party_id_of_lei
from tenants.neutrality.graph import MOST_INTERESTS, MOST_PARTIES, check_statement
from tenants.neutrality.intake import ImportRefused, Read, RowError

ERRORS_KEPT = 1_000
BEAT_ROWS = 5_000


@dataclass(slots=True)
class ImportPlan:
    """What would be added, in order, and what was found on the way."""

    parties: dict[UUID, NewParty] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    rows: int = 0
    new_parties: int = 0
    changed_parties: int = 0
    same_parties: int = 0
    superseding: int = 0
    same_statements: int = 0
    older_statements: int = 0
    refused: int = 0
    errors: list[RowError] = field(default_factory=list)

    @property
    def digest(self) -> bytes:
        """SHA-256 of exactly what would be added; the moment of recording is no part of it."""
        whole = hashlib.sha256()
        for new in self.parties.values():
            whole.update(canonical_json({**party_document(new.party), "source": new.source}))
        for each in self.statements:
            whole.update(
                canonical_json(
                    {
                        "id": str(each.id),
                        "record": str(each.record),
                        "kind": kind_of(each.fact),
                        "fact": {} if each.fact is None else document_of(each.fact),
                        "date": each.date.isoformat(),
                        "source": each.source,
                        "assurance": each.assurance.value,
                        "supersedes": "" if each.supersedes is None else str(each.supersedes),
                    }
                )
            )
        return whole.digest()

    @property
    def is_empty(self) -> bool:
        """Whether adding the file would change nothing."""
        return not self.parties and not self.statements

    def found(self) -> dict[str, object]:
        """Return the numbers and the first refused rows, for the import's page."""
        return {
            "rows": self.rows,
            "new_parties": self.new_parties,
            "changed_parties": self.changed_parties,
            "same_parties": self.same_parties,
            "new_statements": len(self.statements),
            "superseding": self.superseding,
            "same_statements": self.same_statements,
            "older_statements": self.older_statements,
            "refused": self.refused,
            "errors": [[error.row, error.field, error.message] for error in self.errors],
        }


def plan_import(
    reads: Callable[[], Iterable[Read | RowError]],
    facts: Known,
    *,
    source: str,
    beat: Callable[[int], None] = lambda rows: None,
) -> ImportPlan:
    """Return the plan of a file. `reads` is called twice: parties stand anywhere in a file, so they come first.

    Raises:
        ImportRefused: the reader refuses the file, or the graph would grow past what a door may wait for.
    """
    planner = _Planner(facts, source)
    for each in reads():
        planner.plan.rows += 1
        if isinstance(each, Read) and each.party is not None:
            planner.take_party(each.party)
        if planner.plan.rows % BEAT_ROWS == 0:
            beat(planner.plan.rows)
    for number, each in enumerate(reads(), start=1):
        if isinstance(each, RowError):
            planner.refuse(each)
        else:
            for statement in each.statements:
                planner.take_statement(each.row, statement)
        if number % BEAT_ROWS == 0:
            beat(planner.plan.rows + number)
    return planner.plan


class _Planner:
    """The graph as it would be, row by row."""

    def __init__(self, facts: Known, source: str) -> None:
        self.plan = ImportPlan()
        self._facts, self._source = facts, source
        self._registry: dict[UUID, Party] = dict(facts.parties)
        self._standing: dict[UUID, Statement] = dict(facts.statements)
        self._superseded = set(facts.superseded)
        self._live: dict[UUID, list[Statement]] = {}
        for each in facts.statements.values():
            if each.fact is not None and each.id not in facts.superseded and each.id not in facts.private:
                self._live.setdefault(each.record, []).append(each)
        described = (each for each in facts.parties.values() if each.lei and each.id not in facts.declared)
        self._by_lei = {each.lei: each.id for each in described}
        self._same_as = {party_id_of_lei(lei): party for lei, party in self._by_lei.items()}
        """By the id that a file gives a party: the id that the registry knows it by, found by its LEI."""

    def take_party(self, party: Party) -> None:
        """Plan a party: new, described anew, or as it is."""
        known_as = self._by_lei.get(party.lei) if party.lei else None
        if known_as is not None and known_as != party.id:
            # Another source has it under another id: one firm stays one party, whoever describes it.
            self._same_as[party.id] = known_as
            self.plan.same_parties += 1
            return
        before = self._registry.get(party.id)
        if before == party:
            self.plan.same_parties += 1
            return
        if party.id not in self.plan.parties:
            if before is None:
                self.plan.new_parties += 1
            else:
                self.plan.changed_parties += 1
        self.plan.parties[party.id] = NewParty(
            party, is_operator=party.id == self._facts.operator, source=self._source
        )
        self._registry[party.id] = party
        if party.lei:
            self._by_lei[party.lei] = party.id
            self._same_as[party_id_of_lei(party.lei)] = party.id
        if len(self._registry) > MOST_PARTIES:
            raise ImportRefused(
                f"the registry would have more than {MOST_PARTIES:,} parties, and no door could wait for its rules:"
                " import the part of the file that you need"
            )

    def take_statement(self, row: int, statement: Statement) -> None:
        """Plan a statement: new, superseding, known already, older than what holds, or refused."""
        statement = replace(statement, fact=self._known_as(statement.fact))
        before = self._standing.get(statement.id)
        if before is not None:
            if before.fact == statement.fact and before.date == statement.date:
                self.plan.same_statements += 1
            else:
                self.refuse(
                    RowError(
                        row,
                        "statementId",
                        "this statement is recorded with other content; a change needs its own id",
                    )
                )
            return
        live = self._live.get(statement.record, [])
        newest = max(live, key=lambda each: (each.date, each.id.int), default=None)
        if newest is not None and newest.date > statement.date:
            self.plan.older_statements += 1
            return
        given = statement.supersedes
        if (given is None or given in self._superseded or given not in self._standing) and newest is not None:
            statement = replace(statement, supersedes=newest.id)
        elif given is not None and given not in self._standing:
            statement = replace(statement, supersedes=None)
        try:
            check_statement(
                statement, parties=self._registry, known=self._standing, superseded=self._superseded
            )
        except FactRefused as wrong:
            self.refuse(RowError(row, wrong.field, _what_to_do(wrong)))
            return
        if statement.fact is None and statement.supersedes is None:
            return
        self._add(statement)

    def refuse(self, error: RowError) -> None:
        """Count a refused row; the first ones are shown."""
        self.plan.refused += 1
        if len(self.plan.errors) < ERRORS_KEPT:
            self.plan.errors.append(error)

    def _add(self, statement: Statement) -> None:
        self.plan.statements.append(statement)
        self._standing[statement.id] = statement
        live = self._live.setdefault(statement.record, [])
        if statement.supersedes is not None:
            self.plan.superseding += 1
            self._superseded.add(statement.supersedes)
            live[:] = [each for each in live if each.id != statement.supersedes]
        if statement.fact is not None:
            live.append(statement)
        if len(self._standing) > MOST_INTERESTS:
            raise ImportRefused(
                f"the registry would have more than {MOST_INTERESTS:,} statements: import the part that you need"
            )

    def _known_as(self, fact: Interest | Affiliation | None) -> Interest | Affiliation | None:
        if isinstance(fact, Interest):
            holder = fact.holder
            return replace(
                fact,
                subject=self._same_as.get(fact.subject, fact.subject),
                holder=None if holder is None else self._same_as.get(holder, holder),
            )
        return fact


def _what_to_do(wrong: FactRefused) -> str:
    if wrong.field in ("subject", "holder", "person", "party"):
        return "the registry has no such party; import who is who (level 1, or the entities) first"
    return str(wrong).partition(": ")[2] or str(wrong)
