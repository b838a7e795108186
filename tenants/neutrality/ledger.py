"""Who holds how much of whom, in whole numbers, ready for the closure: per class of shares, capital and votes.

Three readings of one graph. *Known*: what is stated, each range at its worst. *Possible*: also whatever is
not disclosed, not classified, contradictory or stale may belong to the excluded party. *Silent*: also
what nobody stated at all.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
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


@dataclass(slots=True)
class _Account:
    """What is stated of one subject, while it is added up."""

    classes: dict[str, Rows] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    without_capital: dict[str, Rows] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    capital: Rows = field(default_factory=lambda: defaultdict(int))
    class_votes: dict[str, Rows] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    capital_votes: Rows = field(default_factory=lambda: defaultdict(int))
    stated_votes: Rows = field(default_factory=lambda: defaultdict(int))
    least: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """By class, "" for the capital: the sum of what every holder has at least."""
    fresh_least: int = 0
    unsized: list[int] = field(default_factory=list)
    influences: set[int] = field(default_factory=set)
    nominee: bool = False
    nominator: bool = False


def ledger_of(graph: Graph, reading: Reading, *, is_stale: Callable[[date], bool]) -> Ledger:
    """Add up `graph` under one reading. `is_stale` says of a statement's date whether it no longer clears."""
    ids = tuple(sorted(graph.parties, key=lambda party: party.int))
    index = {party: position for position, party in enumerate(ids)}
    count = len(ids)
    open_mind = reading is not Reading.KNOWN
    accounts: dict[int, _Account] = defaultdict(_Account)
    controls: list[list[int]] = [[] for _ in range(count + 1)]
    held_between: dict[tuple[int, int], list[Held]] = {}
    stale: dict[date, bool] = {}
    for held in graph.interests:
        fact = held.fact
        subject = index[fact.subject]
        holder = count if fact.holder is None else index[fact.holder]
        held_between.setdefault((holder, subject), []).append(held)
        if _controls(held):
            controls[holder].append(subject)
        stated_on = held.statement.date
        old = stale.get(stated_on)
        if old is None:
            old = stale[stated_on] = is_stale(stated_on)
        _enter(accounts[subject], held, holder, old=old, anybody=count if open_mind and old else holder)
    if reading is Reading.SILENT:
        for position, party in enumerate(ids):
            if _owes_disclosure(graph.parties[party]):
                _add_silence(accounts[position], anybody=count)
    measures: list[list[Rows]] = [[] for _ in range(count)]
    votes: list[Rows] = [{} for _ in range(count)]
    subjects: list[set[int]] = [set() for _ in range(count + 1)]
    for subject, account in accounts.items():
        if open_mind:
            _open(account, anybody=count)
        votes[subject] = _votes_of(account)
        measures[subject] = _measures_of(account, votes[subject], open_mind=open_mind)
        for rows in measures[subject]:
            for holder in rows:
                subjects[holder].add(subject)
    return Ledger(
        ids=ids,
        index=index,
        undisclosed=count,
        measures=measures,
        votes=votes,
        subjects=[sorted(each) for each in subjects],
        controls=controls,
        held=held_between,
    )


def _controls(held: Held) -> bool:
    """Say whether an interest is control without votes: by contract, office, or appointment of a majority."""
    fact = held.fact
    if fact.type is InterestType.APPOINTMENT_OF_BOARD:
        return fact.most is None or fact.most > 50
    return fact.type in CONTROLLING or fact.type is InterestType.NOMINATOR


def _enter(account: _Account, held: Held, holder: int, *, old: bool, anybody: int) -> None:
    """Add one interest. `anybody` is whom it counts for: the holder, or whoever may have it by now."""
    fact = held.fact
    kind, most = fact.type, fact.most
    if kind in ECONOMIC and most is not None:
        if kind not in IN_CAPITAL:
            account.classes[f"~{kind.value}"][anybody] += units(most)
            return
        share, name = units(most), fact.share_class
        capital = share if not name else None if fact.capital is None else units(fact.capital)
        if name:
            account.classes[name][anybody] += share
        if capital is None:
            account.without_capital[name][anybody] += share
        else:
            account.capital[anybody] += capital
        if fact.voting:
            account.class_votes[name][anybody] += share
            if capital is not None:
                account.capital_votes[anybody] += capital
        least = units(fact.least or Decimal(0))
        account.least[name] += least
        if not old and not name:
            account.fresh_least += least
    elif kind is InterestType.VOTING_RIGHTS and most is not None:
        account.stated_votes[anybody] += units(most)
    elif kind in UNCLASSIFIED or (most is None and kind in UNCLASSIFIED_WITHOUT_SHARE):
        account.influences.add(holder)
    elif kind in IN_CAPITAL:
        account.unsized.append(holder)
    elif kind is InterestType.NOMINATOR:
        account.nominator = True
        account.classes["~nomination"][holder] = SCALE
    elif kind is InterestType.NOMINEE:
        account.nominee = True


def _open(account: _Account, *, anybody: int) -> None:
    """Add what is not known at its worst: unsized holdings, holders behind nominees, contradictions."""
    if account.nominee and not account.nominator:
        account.influences.add(anybody)
    for holder in account.unsized:
        # What the others are known to have cannot be this holder's.
        remainder = max(0, SCALE - account.fresh_least)
        account.capital[holder] = min(SCALE, account.capital[holder] + remainder)
        account.capital_votes[holder] = min(SCALE, account.capital_votes[holder] + remainder)
    for name, least in account.least.items():
        if least > SCALE:
            for holder in list(account.classes[name] if name else account.capital):
                account.influences.add(holder)


def _owes_disclosure(party: Party) -> bool:
    """Say whether silence about a party's holders leaves something open."""
    return party.kind in (PartyKind.ENTITY, PartyKind.ARRANGEMENT) and not party.listed


def _add_silence(account: _Account, *, anybody: int) -> None:
    silence = max(0, SCALE - account.fresh_least)
    if silence:
        account.capital[anybody] += silence
        account.capital_votes[anybody] += silence


def _votes_of(account: _Account) -> Rows:
    """Return votes by holder: as stated, or as its voting shares give them, whichever is more."""
    votes = dict(account.stated_votes)
    for rows in (account.capital_votes, *account.class_votes.values()):
        for holder, share in rows.items():
            if share > votes.get(holder, 0):
                votes[holder] = share
    return {holder: min(SCALE, share) for holder, share in votes.items()}


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
    capped = {holder: min(SCALE, share) for holder, share in rows.items() if share}
    if capped and capped not in found:
        found.append(capped)


def holders_of(ledger: Ledger, subject: int) -> Iterable[int]:
    """Yield whoever has any part of `subject`, each once."""
    return sorted({holder for rows in ledger.measures[subject] for holder in rows})
