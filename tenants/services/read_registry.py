"""The registry for the operator's eyes: public facts alone. Members' own parties and words never come through here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

from ringfence.kernel.errors import NotFound
from tenants.gate.registry import Description, Known, descriptions, known
from tenants.gate.verdicts import today
from tenants.neutrality.facts import Affiliation, Interest, Party, Statement
from tenants.neutrality.graph import Graph, effect_of, graph_on
from tenants.neutrality.hygiene import Finding, findings
from tenants.neutrality.names import names_of, plain_name
from tenants.neutrality.policy import Policy
from tenants.services.recognise_party import unlooked_of

PAGE = 50


class Standing(StrEnum):
    """What has become of a statement."""

    HOLDS = "holds"
    ANNOUNCED = "announced"
    ENDED = "ended"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    WITHDRAWAL = "withdrawal"
    NOT_YET = "not known then"


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list."""

    party: Party
    unlooked: bool
    """Named in a declaration, and nobody has looked which firm it is."""
    alike: int
    """How many other parties have the same name."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, with what stands around it."""

    rows: Sequence[Listed]
    found: int
    number: int
    parties: int
    statements: int
    unlooked: int

    @property
    def more(self) -> bool:
        """Whether there is another page."""
        return (self.number + 1) * PAGE < self.found


@dataclass(frozen=True, slots=True)
class Stated:
    """One statement and what has become of it on the day that is looked at."""

    statement: Statement
    fact: Interest | Affiliation
    """What it says, or what it withdraws."""
    standing: Standing
    version: int
    live: bool
    """Whether a new statement can supersede it: nothing has yet."""

    @property
    def evidence(self) -> str:
        """The digest of the document behind it, as text; empty for none."""
        return self.statement.evidence.hex()


@dataclass(frozen=True, slots=True)
class Described:
    """One party with everything public that is stated about it."""

    party: Party
    descriptions: Sequence[Description]
    unlooked: bool
    alike: Sequence[Party]
    stated: Sequence[Stated]
    names: dict[UUID, Party]
    is_operator: bool
    declared: bool
    """Named in a declaration alone; its name is sealed, and only who stands behind it can be said."""


def find_parties(text: str = "", *, number: int = 0, only_unlooked: bool = False) -> Page:
    """Return parties whose name, LEI or identifier holds `text`, by name. Members are not among them."""
    facts = known()
    lines = _lines(facts.version)
    wanted, exact = plain_name(text) if text.strip() else "", text.strip().casefold()
    rows = [
        line
        for line, words, ids in lines
        if (not exact or (wanted and wanted in words) or exact in ids)
        and (not only_unlooked or line.unlooked)
    ]
    return Page(
        rows=rows[number * PAGE : (number + 1) * PAGE],
        found=len(rows),
        number=number,
        parties=len(lines),
        statements=len(facts.statements) - len(facts.private),
        unlooked=sum(line.unlooked for line, _, _ in lines),
    )


def read_party(party_id: UUID, *, known_on: date | None = None, holding_on: date | None = None) -> Described:
    """Return one party, as known at the end of one day and holding on another. Raises `NotFound`, for members too."""
    facts = known()
    party = facts.parties.get(party_id)
    if party is None or party_id in facts.person_of:
        raise NotFound("party")
    about = _about(facts, party_id)
    known_at = _end_of(known_on or today())
    graph = graph_on(
        holding_on or today(), known_at=known_at, parties=facts.parties.values(), statements=about
    )
    stated = [_stated(each, about, graph, facts) for each in about]
    alike = [facts.parties[line.party.id] for line, _, _ in _lines(facts.version) if _same(line.party, party)]
    return Described(
        party=party,
        descriptions=descriptions(party_id),
        unlooked=party_id in unlooked_of(facts),
        alike=alike,
        stated=sorted(stated, key=lambda each: (each.version, each.statement.id), reverse=True),
        names={each: facts.parties[each] for one in stated for each in _parties_of(one.fact)},
        is_operator=party_id == facts.operator,
        declared=party_id in facts.declared,
    )


def read_statement(statement_id: UUID) -> tuple[Statement, dict[UUID, Party]]:
    """Return a public statement that nothing supersedes, with its parties. Raises `NotFound`."""
    facts = known()
    statement = facts.statements.get(statement_id)
    if (
        statement is None
        or statement.fact is None
        or statement_id in facts.private
        or statement_id in facts.superseded
    ):
        raise NotFound("statement")
    return statement, {each: facts.parties[each] for each in _parties_of(statement.fact)}


def doubts() -> tuple[tuple[Finding, ...], Mapping[UUID, Party], Mapping[UUID, Statement]]:
    """Return what is doubtful in the public graph today, by the template's measure; all parties, and the statements."""
    facts = known()
    found = _findings(facts.version, today())
    return (
        found,
        facts.parties,
        {each: facts.statements[each] for one in found for each in one.statements},
    )


def public_statements(facts: Known) -> list[Statement]:
    """Return the statements that are no member's own words, and speak of no member."""
    return [
        each
        for each in facts.statements.values()
        if each.id not in facts.private
        and not (isinstance(each.fact, Affiliation) and each.fact.person in facts.person_of)
    ]


@lru_cache(maxsize=1)
def _findings(version: int, day: date) -> tuple[Finding, ...]:
    facts = known()
    graph = graph_on(
        day,
        known_at=datetime.now(UTC),
        parties=[party for party in facts.parties.values() if party.id not in facts.person_of],
        statements=public_statements(facts),
    )
    return findings(graph, Policy())


@lru_cache(maxsize=2)
def _lines(version: int) -> list[tuple[Listed, str, str]]:
    """Return (line, words to search, identifiers to search) of every party that is no member, by name."""
    facts = known()
    parties = [party for party in facts.parties.values() if party.id not in facts.person_of]
    times: dict[str, int] = {}
    unlooked = unlooked_of(facts)
    for party in parties:
        times[plain_name(party.name)] = times.get(plain_name(party.name), 0) + 1
    parties.sort(key=lambda party: (party.name.casefold(), party.id))
    return [
        (
            Listed(party, party.id in unlooked, times[plain_name(party.name)] - 1),
            " | ".join(plain_name(name) for name in names_of(party)),
            " ".join([party.lei, str(party.id), *(value for _, value in party.identifiers)]).casefold(),
        )
        for party in parties
    ]


def _same(one: Party, other: Party) -> bool:
    return one.id != other.id and plain_name(one.name) == plain_name(other.name)


def _about(facts: Known, party_id: UUID) -> list[Statement]:
    """Return every public statement of each record that speaks of the party."""
    public = public_statements(facts)
    records = {each.record for each in public if each.fact and party_id in _parties_of(each.fact)}
    return [each for each in public if each.record in records]


def _parties_of(fact: Interest | Affiliation) -> tuple[UUID, ...]:
    if isinstance(fact, Affiliation):
        return (fact.person, fact.party)
    return (fact.subject,) if fact.holder is None else (fact.subject, fact.holder)


def _stated(each: Statement, about: Sequence[Statement], graph: Graph, facts: Known) -> Stated:
    fact = each.fact
    if fact is None and each.supersedes is not None:
        fact = facts.statements[each.supersedes].fact
    if fact is None:
        raise NotFound("statement")  # a withdrawal of a withdrawal cannot be recorded
    return Stated(
        each, fact, _standing(each, about, graph), facts.version_of[each.id],
        live=each.fact is not None and each.id not in facts.superseded,
    )  # fmt: skip


def _standing(each: Statement, about: Sequence[Statement], graph: Graph) -> Standing:
    if each.recorded_at > graph.known_at:
        return Standing.NOT_YET
    if each.fact is None:
        return Standing.WITHDRAWAL
    if each.id in {tie.statement.id for tie in graph.ties}:
        ended = each.fact.end is not None and each.fact.end < graph.day
        return Standing.ENDED if ended else Standing.HOLDS
    if each.id in {held.statement.id for held in graph.interests}:
        return Standing.HOLDS
    if each.id in {announced.id for announced in graph.announced}:
        return Standing.ANNOUNCED
    successors = [one for one in about if one.supersedes == each.id and one.recorded_at <= graph.known_at]
    known_day = graph.known_at.astimezone(UTC).date()
    if any(one.fact is None for one in successors):
        return Standing.WITHDRAWN
    if successors and any((effect_of(one, known_day) or date.min) <= graph.day for one in successors):
        return Standing.SUPERSEDED
    return Standing.ENDED


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC) - timedelta(microseconds=1)
