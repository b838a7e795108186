"""Who holds how much of whom, in whole numbers, ready for the closure: per class of shares, capital and votes.

Three readings of one graph. *Known*: what is stated, each range at its worst. *Possible*: also whatever is
not disclosed, not classified, contradictory or stale may belong to the excluded party. *Silent*: also
what nobody stated at all.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import NamedTuple
from uuid import UUID

from tenants.neutrality.facts import (
    CONTROLLING,
    ECONOMIC,
    IN_CAPITAL,
    UNCLASSIFIED,
    UNCLASSIFIED_WITHOUT_SHARE,
    InterestType,
    Party,
    PartyKind,
)
from tenants.neutrality.graph import Graph, Held

SCALE = 10**12
"""Units of 100 %. A percentage has at most ten decimals, so every stated share is a whole number of them."""

HALF = SCALE // 2
Rows = dict[int, int]
"""Units of one measure of a subject, by the holder's index."""


class Reading(Enum):
    """How much of what is not known counts as the excluded party's."""

    KNOWN = "known"
    POSSIBLE = "possible"
    SILENT = "silent"


def units(percent: Decimal) -> int:
    """Return a percentage in units; exact."""
    return int(percent.scaleb(10))


@dataclass(frozen=True, slots=True)
class Ledger:
    """One reading. Parties are indexes in the order of their ids; index `undisclosed` is whoever is not named.

    `measures[v]` are the ways to count a part of `v`; the greatest decides. `votes[v]` by holder.
    `controls[h]` are the parties that `h` controls without votes, `stands_behind[h]` those that hold for `h`.
    """

    ids: tuple[UUID, ...]
    index: dict[UUID, int]
    undisclosed: int
    measures: list[list[Rows]]
    votes: list[Rows]
    subjects: list[list[int]]
    """By holder: whom it holds anything of, in order."""
    controls: list[list[int]]
    held: dict[tuple[int, int], list[Held]]
    """By (holder, subject): every interest between them."""


class Entry(NamedTuple):
    """One interest in whole units, prepared once for all readings. `holder` is an index, `subject` too."""

    subject: int
    holder: int
    kind: InterestType
    least: int
    most: int | None
    capital: int | None
    share_class: str
    voting: bool
    stale: bool


@dataclass(frozen=True, slots=True)
class Entries:
    """A graph in whole units."""

    ids: tuple[UUID, ...]
    index: dict[UUID, int]
    rows: list[Entry]
    controls: list[list[int]]
    held: dict[tuple[int, int], list[Held]]
    owing: list[int]
    """Parties about whose holders silence leaves something open."""


def entries_of(graph: Graph, *, is_stale: Callable[[date], bool]) -> Entries:
    """Prepare `graph`. `is_stale` says of a statement's date whether it no longer clears."""
    ids = tuple(sorted(graph.parties, key=lambda party: party.int))
    index = {party: position for position, party in enumerate(ids)}
    controls: list[list[int]] = [[] for _ in range(len(ids) + 1)]
    held_between: dict[tuple[int, int], list[Held]] = {}
    stale: dict[date, bool] = {}
    in_units: dict[Decimal, int] = {}
    rows: list[Entry] = []

    def counted(percent: Decimal | None) -> int | None:
        if percent is None:
            return None
        found = in_units.get(percent)
        if found is None:
            found = in_units[percent] = units(percent)
        return found

    for held in graph.interests:
        fact = held.fact
        kind = fact.type
        subject = index[fact.subject]
        holder = len(ids) if fact.holder is None else index[fact.holder]
        held_between.setdefault((holder, subject), []).append(held)
        if kind is not InterestType.SHAREHOLDING and _controls(held):
            controls[holder].append(subject)
        stated_on = held.statement.date
        old = stale.get(stated_on)
        if old is None:
            old = stale[stated_on] = is_stale(stated_on)
        most = counted(fact.most)
        capital = counted(fact.capital) if fact.share_class else most
        least = counted(fact.least) or 0
        rows.append(Entry(subject, holder, kind, least, most, capital, fact.share_class, fact.voting, old))
    owing = [position for position, party in enumerate(ids) if _owes_disclosure(graph.parties[party])]
    return Entries(ids, index, rows, controls, held_between, owing)


@dataclass(slots=True)
class _Account:
    """What is stated of one subject, while it is added up."""

    capital: Rows = field(default_factory=dict)
    capital_votes: Rows = field(default_factory=dict)
    classes: dict[str, Rows] = field(default_factory=dict)
    without_capital: dict[str, Rows] = field(default_factory=dict)
    class_votes: dict[str, Rows] = field(default_factory=dict)
    stated_votes: Rows = field(default_factory=dict)
    least: dict[str, int] = field(default_factory=dict)
    """By class, "" for the capital: the sum of what every holder has at least."""
    fresh_least: int = 0
    unsized: list[int] = field(default_factory=list)
    influences: set[int] = field(default_factory=set)
    nominee: bool = False
    nominator: bool = False


def ledger_of(entries: Entries, reading: Reading) -> Ledger:
    """Add up under one reading."""
    count = len(entries.ids)
    open_mind = reading is not Reading.KNOWN
    accounts: dict[int, _Account] = {}
    for entry in entries.rows:
        account = accounts.get(entry.subject)
        if account is None:
            account = accounts[entry.subject] = _Account()
        # What is stale may be anybody's by now; in figures that accuse, it stays the holder's.
        _enter(account, entry, count if open_mind and entry.stale else entry.holder)
    if reading is Reading.SILENT:
        for position in entries.owing:
            _add_silence(accounts.setdefault(position, _Account()), anybody=count)
    measures: list[list[Rows]] = [[] for _ in range(count)]
    votes: list[Rows] = [{} for _ in range(count)]
    subjects: list[list[int]] = [[] for _ in range(count + 1)]
    for subject in sorted(accounts):
        account = accounts[subject]
        if open_mind:
            _open(account, anybody=count)
        votes[subject] = _votes_of(account)
        measures[subject] = _measures_of(account, votes[subject], open_mind=open_mind)
        for holder in holders_in(measures[subject]):
            subjects[holder].append(subject)
    return Ledger(
        ids=entries.ids,
        index=entries.index,
        undisclosed=count,
        measures=measures,
        votes=votes,
        subjects=subjects,
        controls=entries.controls,
        held=entries.held,
    )


def _controls(held: Held) -> bool:
    """Say whether an interest is control without votes: by contract, office, or appointment of a majority."""
    fact = held.fact
    if fact.type is InterestType.APPOINTMENT_OF_BOARD:
        return fact.most is None or fact.most > 50
    return fact.type in CONTROLLING or fact.type is InterestType.NOMINATOR


def _enter(account: _Account, entry: Entry, anybody: int) -> None:
    """Add one interest. `anybody` is whom it counts for: the holder, or whoever may have it by now."""
    kind, most = entry.kind, entry.most
    if kind is InterestType.SHAREHOLDING or kind in ECONOMIC:
        if most is None:
            if kind in UNCLASSIFIED_WITHOUT_SHARE:
                account.influences.add(entry.holder)
            else:
                account.unsized.append(entry.holder)
        elif kind is InterestType.SHAREHOLDING or kind in IN_CAPITAL:
            _enter_capital(account, entry, most, anybody)
        else:
            _sum(account.classes.setdefault(f"~{kind.value}", {}), anybody, most)
    elif kind is InterestType.VOTING_RIGHTS and most is not None:
        _sum(account.stated_votes, anybody, most)
    elif kind in UNCLASSIFIED or (most is None and kind in UNCLASSIFIED_WITHOUT_SHARE):
        account.influences.add(entry.holder)
    elif kind is InterestType.NOMINATOR:
        account.nominator = True
        account.classes.setdefault("~nomination", {})[entry.holder] = SCALE
    elif kind is InterestType.NOMINEE:
        account.nominee = True


def _enter_capital(account: _Account, entry: Entry, most: int, anybody: int) -> None:
    name, capital = entry.share_class, entry.capital
    if name:
        _sum(account.classes.setdefault(name, {}), anybody, most)
        if capital is None:
            _sum(account.without_capital.setdefault(name, {}), anybody, most)
        if entry.voting:
            _sum(account.class_votes.setdefault(name, {}), anybody, most)
    elif not entry.stale:
        account.fresh_least += entry.least
    if capital is not None:
        _sum(account.capital, anybody, capital)
        if entry.voting:
            _sum(account.capital_votes, anybody, capital)
    account.least[name] = account.least.get(name, 0) + entry.least


def _sum(rows: Rows, holder: int, share: int) -> None:
    rows[holder] = rows.get(holder, 0) + share


def _open(account: _Account, *, anybody: int) -> None:
    """Add what is not known at its worst: unsized holdings, holders behind nominees, contradictions."""
    if account.nominee and not account.nominator:
        account.influences.add(anybody)
    for holder in account.unsized:
        # What the others are known to have cannot be this holder's.
        remainder = max(0, SCALE - account.fresh_least)
        _sum(account.capital, holder, remainder)
        _sum(account.capital_votes, holder, remainder)
    for name, least in account.least.items():
        if least > SCALE:
            account.influences.update(account.classes[name] if name else account.capital)


def _owes_disclosure(party: Party) -> bool:
    """Say whether silence about a party's holders leaves something open."""
    return party.kind in (PartyKind.ENTITY, PartyKind.ARRANGEMENT) and not party.listed


def _add_silence(account: _Account, *, anybody: int) -> None:
    silence = max(0, SCALE - account.fresh_least)
    if silence:
        _sum(account.capital, anybody, silence)
        _sum(account.capital_votes, anybody, silence)


def _votes_of(account: _Account) -> Rows:
    """Return votes by holder: as stated, or as its voting shares give them, whichever is more."""
    votes = dict(account.stated_votes)
    for rows in (account.capital_votes, *account.class_votes.values()):
        for holder, share in rows.items():
            if share > votes.get(holder, 0):
                votes[holder] = share
    return _capped(votes)


def _measures_of(account: _Account, votes: Rows, *, open_mind: bool) -> list[Rows]:
    """Return the ways to count a part of a subject, without repetition.

    Of a class whose part of the capital nobody stated, a holder may have no more of the capital than of
    the class; so one such class is added to the known capital at a time.
    """
    found: list[Rows] = []
    if account.capital:
        _add(found, account.capital)
    for name in sorted(account.classes):
        _add(found, account.classes[name])
    if account.capital:
        for name in sorted(account.without_capital):
            both = dict(account.capital)
            for holder, share in account.without_capital[name].items():
                both[holder] = both.get(holder, 0) + share
            _add(found, both)
    if votes:
        _add(found, votes)
    if open_mind and account.influences:
        _add(found, dict.fromkeys(sorted(account.influences), SCALE))
    return found


def _add(found: list[Rows], rows: Rows) -> None:
    """Add a measure, unless one that is there already is at least as much for every holder."""
    for other in found:
        if all(share <= other.get(holder, 0) for holder, share in rows.items()):
            return
    found.append(_capped(rows))


def _capped(rows: Rows) -> Rows:
    """Return the rows with no holder above 100 %, in a new mapping, by holder."""
    return {holder: min(SCALE, rows[holder]) for holder in sorted(rows) if rows[holder]}


def holders_in(measures: list[Rows]) -> list[int]:
    """Return whoever has a part in any of the measures, each once."""
    if len(measures) == 1:
        return list(measures[0])
    return sorted({holder for rows in measures for holder in rows})


def holders_of(ledger: Ledger, subject: int) -> list[int]:
    """Return whoever has any part of `subject`, each once."""
    return holders_in(ledger.measures[subject])
