"""The graph of parties as it was known at an instant and holds on a day, from append-only statements.

A statement supersedes another from the day on which it has effect: a statement of what is to come leaves
what it supersedes standing until then, a correction does not.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from tenants.neutrality.facts import Affiliation, FactRefused, Interest, Party, Statement

MOST_PARTIES = 200_000
MOST_INTERESTS = 500_000
"""Beyond this a graph is refused as a whole: a closure that takes minutes is no wall at a door."""

RECENT = timedelta(days=365)
"""How long the end of a holding is reported."""

KEPT = timedelta(days=3_650)
"""How long an end is kept at all: as long as the longest cooling-off."""


class GraphRefused(Exception):
    """The graph as a whole cannot be judged: it is larger than what a door may wait for."""


class Held(NamedTuple):
    """An interest in force, with the statement that says so."""

    fact: Interest
    statement: Statement


class Tie(NamedTuple):
    """An affiliation, current or past, with the statement that says so."""

    fact: Affiliation
    statement: Statement


@dataclass(frozen=True, slots=True)
class Graph:
    """Who holds what of whom on `day`, as known at `known_at`. Order of statements makes no difference.

    `ties` hold past ones too, for cooling-off; `ended` are interests that ended within the last ten years,
    `announced` statements whose effect is still to come, `contradicted` pairs of live statements of one record.
    """

    day: date
    known_at: datetime
    parties: Mapping[UUID, Party]
    interests: tuple[Held, ...]
    ties: tuple[Tie, ...]
    ended: tuple[Held, ...]
    announced: tuple[Statement, ...]
    contradicted: tuple[tuple[UUID, UUID], ...]


def check_statement(
    statement: Statement,
    *,
    parties: Mapping[UUID, Party],
    known: Mapping[UUID, Statement],
    superseded: Container[UUID] | None = None,
) -> None:
    """Return if `statement` may be appended to `known`. Raises `FactRefused`, naming the field.

    Its parties must exist, and what it supersedes must be live, of the same record, and recorded earlier.
    `superseded` is what the statements of `known` supersede, for whoever appends many; else it is sought in them.
    """
    if statement.id in known:
        raise FactRefused("id", "a statement with this id is recorded already")
    fact = statement.fact
    if isinstance(fact, Interest):
        _check_party(fact.subject, parties, field="subject")
        if fact.holder is not None:
            _check_party(fact.holder, parties, field="holder")
    elif isinstance(fact, Affiliation):
        _check_party(fact.person, parties, field="person")
        _check_party(fact.party, parties, field="party")
    if statement.supersedes is None:
        return
    earlier = known.get(statement.supersedes)
    if earlier is None:
        raise FactRefused("supersedes", "there is no such statement")
    if earlier.record != statement.record:
        raise FactRefused("supersedes", "a statement supersedes one of its own record only")
    if earlier.recorded_at > statement.recorded_at:
        raise FactRefused("recorded_at", "a statement is recorded after what it supersedes")
    if superseded is None:
        superseded = {other.supersedes for other in known.values() if other.supersedes is not None}
    if earlier.id in superseded:
        raise FactRefused("supersedes", "that statement is superseded already; supersede the newest one")


def _check_party(party: UUID, parties: Mapping[UUID, Party], *, field: str) -> None:
    if party not in parties:
        raise FactRefused(field, f"there is no party {party}; add it to the registry first")


def graph_on(
    day: date, *, known_at: datetime, parties: Iterable[Party], statements: Iterable[Statement]
) -> Graph:
    """Return the graph as known at `known_at`, holding on `day`.

    Raises:
        FactRefused: a statement names a party that is not in `parties`.
        GraphRefused: more parties or interests than a door may wait for.
    """
    registry = {party.id: party for party in parties}
    if len(registry) > MOST_PARTIES:
        raise GraphRefused(f"the graph has {len(registry):,} parties; at most {MOST_PARTIES:,} are judged")
    known = [each for each in statements if each.recorded_at <= known_at]
    if len(known) > MOST_INTERESTS:
        raise GraphRefused(f"the graph has {len(known):,} statements; at most {MOST_INTERESTS:,} are judged")
    known_day = known_at.astimezone(UTC).date()
    replaced_from = _replacements(known, known_day)
    interests: list[Held] = []
    ties: list[Tie] = []
    ended: list[Held] = []
    announced: list[Statement] = []
    # By id, so that nothing downstream depends on the order in which statements arrive.
    for statement in sorted(known, key=lambda each: each.id.int):
        fact = statement.fact
        replaced = replaced_from.get(statement.id)
        if fact is None or (replaced is not None and replaced <= day):
            continue
        begins = effect_of(statement, known_day)
        if begins is not None and begins > day:
            announced.append(statement)
            continue
        if isinstance(fact, Affiliation):
            _check_party(fact.person, registry, field="person")
            _check_party(fact.party, registry, field="party")
            ties.append(Tie(fact, statement))
            continue
        _check_party(fact.subject, registry, field="subject")
        if fact.holder is not None:
            _check_party(fact.holder, registry, field="holder")
        if fact.end is None or fact.end >= day:
            interests.append(Held(fact, statement))
        elif fact.end >= day - KEPT:
            ended.append(Held(fact, statement))
    held, contradicted = _worst_of_each_record(interests)
    return Graph(
        day=day,
        known_at=known_at,
        parties=registry,
        interests=held,
        ties=tuple(ties),
        ended=tuple(ended),
        announced=tuple(announced),
        contradicted=contradicted,
    )


def effect_of(statement: Statement, known_day: date) -> date | None:
    """Return the day from which a statement has effect; None when that is as old as anything.

    One that is dated after the day on which we look, and does not say from when, has effect from its date.
    """
    start = None if statement.fact is None else statement.fact.start
    if start is None and statement.date > known_day:
        return statement.date
    return start


def _replacements(known: Iterable[Statement], known_day: date) -> dict[UUID, date]:
    """Return from which day each superseded statement stands no more: at once, or when its successor has effect."""
    replaced: dict[UUID, date] = {}
    for statement in known:
        if statement.supersedes is None:
            continue
        begins = effect_of(statement, known_day)
        comes_later = begins is not None and begins > statement.date
        is_tomorrows = statement.date > known_day
        at = begins if begins is not None and (comes_later or is_tomorrows) else date.min
        if statement.fact is None and is_tomorrows:
            at = statement.date
        # Of two successors, the earlier one ends it; the other is a contradiction of the first.
        replaced[statement.supersedes] = min(at, replaced.get(statement.supersedes, date.max))
    return replaced


def _worst_of_each_record(
    interests: list[Held],
) -> tuple[tuple[Held, ...], tuple[tuple[UUID, UUID], ...]]:
    """Return the interests with contradictions of one record merged into their worst case, and the pairs."""
    by_record: dict[UUID, list[Held]] = defaultdict(list)
    for held in interests:
        by_record[held.statement.record].append(held)
    merged: list[Held] = []
    pairs: list[tuple[UUID, UUID]] = []
    for record in by_record.values():
        if len(record) == 1:
            merged += record
            continue
        pairs += [(record[0].statement.id, other.statement.id) for other in record[1:]]
        alike: dict[tuple[object, ...], list[Held]] = defaultdict(list)
        for held in record:
            fact = held.fact
            known = fact.most is not None
            alike[(fact.subject, fact.holder, fact.type, fact.share_class, known)].append(held)
        merged += [_worst_of(same) for same in alike.values()]
    return tuple(merged), tuple(pairs)


def _worst_of(same: list[Held]) -> Held:
    mosts = [held.fact.most for held in same if held.fact.most is not None]
    leasts = [held.fact.least for held in same if held.fact.least is not None]
    capitals = [held.fact.capital for held in same if held.fact.capital is not None]
    worst = max(same, key=lambda held: (held.fact.most or 0, held.statement.id.int))
    fact = replace(
        worst.fact,
        share_min=min(leasts, default=None),
        share_max=max(mosts, default=None),
        capital=max(capitals) if len(capitals) == len(same) else None,
        voting=any(held.fact.voting for held in same),
    )
    # The youngest of them says how old the record's figures are at most; the oldest is what may be stale.
    oldest = min(same, key=lambda held: (held.statement.date, held.statement.id.int))
    return Held(fact, replace(worst.statement, date=oldest.statement.date))
