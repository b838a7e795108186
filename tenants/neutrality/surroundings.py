"""What of a graph is drawn: what surrounds some parties, paths to the excluded party, and what is left out. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from tenants.neutrality.explain import UNDISCLOSED, plain
from tenants.neutrality.facts import (
    IN_CAPITAL,
    RIGHTS,
    UNCLASSIFIED,
    UNCLASSIFIED_WITHOUT_SHARE,
    Affiliation,
    Assurance,
    Interest,
    InterestType,
    Party,
)
from tenants.neutrality.graph import Graph, Held, Tie
from tenants.neutrality.hits import Hit
from tenants.neutrality.policy import Level, Rule
from tenants.neutrality.situation import is_current
from tenants.neutrality.taint import Taint

MOST_DRAWN = 200
MOST_HOPS = 4


class Family(StrEnum):
    """Three kinds of lines that are drawn unlike each other."""

    SHARE = "share"
    RIGHT = "right"
    TIE = "tie"


SHORT: dict[InterestType, str] = {
    InterestType.SHAREHOLDING: "shares",
    InterestType.VOTING_RIGHTS: "votes",
    InterestType.APPOINTMENT_OF_BOARD: "appoints board",
    InterestType.OTHER_INFLUENCE: "other influence",
    InterestType.SENIOR_MANAGING_OFFICIAL: "manages",
    InterestType.SETTLOR: "settlor",
    InterestType.TRUSTEE: "trustee",
    InterestType.PROTECTOR: "protector",
    InterestType.BENEFICIARY: "beneficiary",
    InterestType.SURPLUS_ASSETS: "surplus assets",
    InterestType.PROFIT: "profit",
    InterestType.CONTRACT: "contract",
    InterestType.CONDITIONAL_CONTRACT: "signed, not closed",
    InterestType.COMPANY_RULES: "control by articles",
    InterestType.LEGAL_FRAMEWORK: "control by law",
    InterestType.BOARD_MEMBER: "board seat",
    InterestType.BOARD_CHAIR: "chairs board",
    InterestType.BOARD_OBSERVER: "board observer",
    InterestType.INFORMATION_RIGHTS: "information right",
    InterestType.UNKNOWN: "interest not known",
    InterestType.UNPUBLISHED: "not published",
    InterestType.USE_OF_ASSETS: "use of assets",
    InterestType.INCOME_FROM_ASSETS: "income of assets",
    InterestType.NOMINEE: "nominee",
    InterestType.NOMINATOR: "stands behind",
    InterestType.CONVERTIBLE: "convertible",
    InterestType.REVENUE_DEPENDENCE: "of its revenue",
    InterestType.DEBT: "lends",
    InterestType.OPERATES: "runs it",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One fact with what is written beside its line, and where it comes from."""

    statement: UUID
    words: str
    start: date | None
    end: date | None
    stated_on: date
    source: str
    assurance: Assurance
    stale: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line: everything of one family between two parties. A holder that is not disclosed has a key of its own."""

    key: str
    holder: str
    subject: str
    family: Family
    unsure: bool
    on_path: bool
    facts: tuple[Told, ...]

    @property
    def words(self) -> str:
        """What is written beside the line."""
        more = f" (+{len(self.facts) - 1})" if len(self.facts) > 1 else ""
        return f"{self.facts[0].words}{more}"


@dataclass(frozen=True, slots=True)
class Shown:
    """One party that is drawn, with how the policy stands towards it. `party` None: a holder not disclosed."""

    key: str
    party: Party | None
    excluded: bool = False
    chosen: bool = False
    people: Level | None = None
    egress: Level | None = None
    silent: bool = False
    hits: tuple[Hit, ...] = ()
    of_itself: tuple[str, ...] = ()
    left_out: int = 0
    """Ties of this party that are not drawn, since their other end is not."""

    @property
    def name(self) -> str:
        """The party's name."""
        return UNDISCLOSED if self.party is None else self.party.name


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn. `beyond` parties lie near enough and had no room, `filtered` were hidden by the filter."""

    parties: tuple[Shown, ...]
    lines: tuple[Line, ...]
    beyond: int
    filtered: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to see: around whom, how far, and which of it. Empty sets: everything."""

    around: frozenset[UUID] = frozenset()
    hops: int = 2
    name: str = ""
    rules: frozenset[Rule] = frozenset()
    levels: frozenset[Level] = frozenset()

    @property
    def filters(self) -> bool:
        """Whether parties are hidden that are near enough."""
        return bool(self.name or self.rules or self.levels)


def picture_of(
    graph: Graph, taint: Taint, wish: Wish, *, hits: dict[UUID, tuple[Hit, ...]], most: int = MOST_DRAWN
) -> Picture:
    """Return what is drawn of `graph`, as far as it may be seen, around the chosen or else the excluded parties.

    `hits` are those of `taint` in the form in which they may be told.
    """
    excluded = taint.policy.excluded & graph.parties.keys()
    chosen = wish.around & graph.parties.keys()
    beside = _beside(graph)
    centres = sorted(chosen or excluded)
    far = _distances(centres, beside, min(max(wish.hops, 1), MOST_HOPS))
    paths = {
        party: {
            end
            for hit in hits.get(party, ())
            for step in hit.path
            for end in (step.holder, step.subject)
            if end is not None and end in graph.parties
        }
        for party in (chosen or far)
    }
    # A chosen party's way to the excluded one is drawn whole, however long it is.
    needed = {each for party in chosen for each in paths[party]}
    near = set(far) | needed
    kept, filtered = near, 0
    if wish.filters:
        met = {party for party in near if _meets(party, graph, taint, hits, wish)}
        on_the_way = {each for party in met for each in paths.get(party, ()) if each in near}
        kept = met | on_the_way | (excluded & near) | set(chosen)
        filtered = len(near - kept)
    ranked = sorted(
        kept,
        key=lambda party: (
            party not in centres,
            party not in needed,
            far.get(party, MOST_HOPS + 1),
            -_weight(hits.get(party, ())),
            graph.parties[party].name,
            party,
        ),
    )
    drawn = set(ranked[:most])
    steps = {
        (step.statement, step.holder, step.subject)
        for party in (chosen or drawn)
        for hit in hits.get(party, ())
        for step in hit.path
    }
    lines, undisclosed, itself = _lines(graph, taint, drawn, steps)
    left_out = {party: len(beside.get(party, set()) - drawn) for party in drawn}
    shown = [
        Shown(
            str(party),
            graph.parties[party],
            excluded=party in excluded,
            chosen=party in chosen,
            people=taint.people(party),
            egress=taint.egress(party),
            silent=party in taint.silent,
            hits=hits.get(party, ()),
            of_itself=tuple(itself.get(party, ())),
            left_out=left_out[party],
        )
        for party in ranked[:most]
    ]
    shown += [Shown(key, None) for key in undisclosed]
    return Picture(tuple(shown), lines, beyond=len(kept) - len(drawn), filtered=filtered)


def share_in_words(fact: Interest) -> str:
    """Return the size of an interest: "49 %", "25 to 50 %", or nothing where nobody said."""
    least, most = fact.least, fact.most
    if most is None:
        return ""
    if least is None or least == most:
        return f"{plain(most)} %"
    return f"{plain(least)} to {plain(most)} %"


def interest_in_words(fact: Interest) -> str:
    """Return what is written beside the line of an interest."""
    share = share_in_words(fact)
    words = [f"{share} {SHORT[fact.type]}".strip()]
    if fact.type is InterestType.SHAREHOLDING:
        if not share:
            words = ["shares, size not known"]
        if fact.share_class:
            words.append(f"class {fact.share_class}")
        if not fact.voting:
            words.append("non-voting")
    return ", ".join(words)


def tie_in_words(fact: Affiliation, day: date) -> str:
    """Return what is written beside the line of a person's tie."""
    past = fact.end is not None and fact.end < day
    share = f"{plain(fact.share)} % " if fact.share is not None else ""
    return f"{share}{fact.role.value}{f', until {fact.end}' if past else ''}"


def is_unsure(fact: Interest) -> bool:
    """Say whether an interest is not disclosed, not classified or of a size that nobody stated."""
    if fact.holder is None or fact.type in UNCLASSIFIED or fact.type is InterestType.NOMINEE:
        return True
    return fact.most is None and fact.type in (IN_CAPITAL | UNCLASSIFIED_WITHOUT_SHARE)


def _beside(graph: Graph) -> dict[UUID, set[UUID]]:
    found: dict[UUID, set[UUID]] = defaultdict(set)
    pairs = [(held.fact.holder, held.fact.subject) for held in graph.interests]
    pairs += [(tie.fact.person, tie.fact.party) for tie in graph.ties]
    for one, other in pairs:
        if one is not None and one != other:
            found[one].add(other)
            found[other].add(one)
    return found


def _distances(centres: Sequence[UUID], beside: dict[UUID, set[UUID]], hops: int) -> dict[UUID, int]:
    far = dict.fromkeys(centres, 0)
    queue = list(centres)
    for here in queue:
        if far[here] < hops:
            for other in sorted(beside.get(here, ())):
                if other not in far:
                    far[other] = far[here] + 1
                    queue.append(other)
    return far


def _meets(party: UUID, graph: Graph, taint: Taint, hits: dict[UUID, tuple[Hit, ...]], wish: Wish) -> bool:
    if wish.name and wish.name.casefold() not in graph.parties[party].name.casefold():
        return False
    mine = hits.get(party, ())
    if wish.rules and not any(hit.rule in wish.rules for hit in mine):
        return False
    levels = {level for level in (taint.people(party), taint.egress(party)) if level is not None}
    return not wish.levels or bool(levels & wish.levels)


def _weight(hits: Iterable[Hit]) -> int:
    return max((max(hit.people, hit.egress) + 1 for hit in hits), default=0)


def _lines(
    graph: Graph, taint: Taint, drawn: set[UUID], steps: set[tuple[UUID | None, UUID | None, UUID]]
) -> tuple[tuple[Line, ...], list[str], dict[UUID, list[str]]]:
    """Return the lines between drawn parties, keys of undisclosed holders, and what parties hold of themselves."""
    groups: dict[tuple[str, str, Family, bool], list[tuple[Told, bool]]] = defaultdict(list)
    itself: dict[UUID, list[str]] = defaultdict(list)
    undisclosed: dict[str, None] = {}
    stated = {statement for statement, _, _ in steps if statement is not None}
    pairs = {(holder, subject) for statement, holder, subject in steps if statement is None}
    for held in graph.interests:
        fact = held.fact
        if fact.subject not in drawn or (fact.holder is not None and fact.holder not in drawn):
            continue
        if fact.holder == fact.subject:
            itself[fact.subject].append(f"{interest_in_words(fact)} of itself")
            continue
        holder = str(fact.holder) if fact.holder is not None else f"undisclosed-{fact.subject}"
        if fact.holder is None:
            undisclosed[holder] = None
        family = Family.RIGHT if fact.type in RIGHTS else Family.SHARE
        on_path = held.statement.id in stated or (fact.holder, fact.subject) in pairs
        key = (holder, str(fact.subject), family, is_unsure(fact))
        groups[key].append((_told(held, interest_in_words(fact), taint, graph.day), on_path))
    for tie in graph.ties:
        ended = not is_current(tie, graph.day)
        if tie.fact.person not in drawn or tie.fact.party not in drawn:
            continue
        if ended and tie.statement.id not in stated:
            continue
        words = tie_in_words(tie.fact, graph.day)
        key = (str(tie.fact.person), str(tie.fact.party), Family.TIE, False)
        groups[key].append((_told(tie, words, taint, graph.day), tie.statement.id in stated))
    lines = [
        Line(
            "-".join((holder, subject, family.value, "unsure" if unsure else "sure")),
            holder,
            subject,
            family,
            unsure,
            any(on_path for _, on_path in facts),
            tuple(told for told, _ in sorted(facts, key=lambda each: (not each[1], str(each[0].statement)))),
        )
        for (holder, subject, family, unsure), facts in sorted(groups.items())
    ]
    return tuple(lines), list(undisclosed), itself


def _told(held: Held | Tie, words: str, taint: Taint, day: date) -> Told:
    fact, stated = held.fact, held.statement
    stale = taint.policy.is_stale(stated.date, day)
    return Told(stated.id, words, fact.start, fact.end, stated.date, stated.source, stated.assurance, stale)
