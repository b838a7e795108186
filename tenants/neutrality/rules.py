"""The rules on parties: each a small function from a situation to the parties that meet it, with a path.

Readings that the rules rest on are numbered as in the list of decided readings, in tests/unit/neutrality.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Any
from uuid import UUID

from tenants.neutrality.closure import Control, control, control_path, path_to
from tenants.neutrality.facts import IN_THE_ROOM, RIGHTS, SEATS, InterestType, PartyKind
from tenants.neutrality.graph import Held
from tenants.neutrality.hits import Hit, Note, Step, step_of
from tenants.neutrality.ledger import HALF, SCALE, holders_of, units
from tenants.neutrality.policy import Level, Rule
from tenants.neutrality.situation import Situation, is_current

RuleOnParties = Callable[[Situation], Iterator[Hit]]


def excluded_itself(s: Situation) -> Iterator[Hit]:
    """The excluded party."""
    yield _hit(s, Rule.EXCLUDED, s.excluded, ())


def controlled(s: Situation) -> Iterator[Hit]:
    """Whoever the excluded party controls, to a fixpoint (1), and what it controls jointly: exactly half (5)."""
    for member in s.group.via:
        party = s.party(member)
        if party == s.excluded or (s.group.via[member] is None and s.is_person(party)):
            continue
        yield _hit(s, Rule.CONTROL, party, _steps(s, _led_by_person(s, control_path(member, s.group))))
    others = {
        subject
        for holder, subjects in enumerate(s.ledger.controls)
        if holder not in s.group
        for subject in subjects
    }
    for subject, votes in enumerate(s.ledger.votes):
        if subject in s.group or subject in others:
            continue
        ours = [(share, holder) for holder, share in votes.items() if holder in s.group]
        if ours and sum(share for share, _ in ours) == HALF:
            links = _led_by_person(s, [*control_path(max(ours)[1], s.group), (max(ours)[1], subject)])
            yield _hit(
                s, Rule.CONTROL, s.party(subject), _steps(s, links), share=Fraction(1, 2), note=Note.JOINT
            )


def economic(s: Situation) -> Iterator[Hit]:
    """A part of any class, of the capital or of the votes, summed over chains, from the threshold on (1, 2, 4, 5)."""
    threshold = units(s.policy.economic_percent)
    for position in range(len(s.ledger.ids)):
        share = s.found[position]
        if share >= threshold and position not in s.group:
            links = _led_by_person(s, path_to(s.ledger, position, s.found, s.group))
            yield _hit(s, Rule.ECONOMIC, s.party(position), _steps(s, links), share=Fraction(share, SCALE))


def rights(s: Situation) -> Iterator[Hit]:
    """A seat, observer, appointment or information right of the group, where it is held and what that controls (7)."""
    for held in s.graph.interests:
        fact = held.fact
        if fact.type not in RIGHTS or fact.holder is None or fact.subject == s.excluded:
            continue
        holder = s.ledger.index[fact.holder]
        if fact.type in SEATS and fact.holder in s.insiders:
            continue  # people in the room are the interlock's
        if holder in s.group:
            before = _steps(s, _led_by_person(s, control_path(holder, s.group), of=holder))
            yield from _and_what_it_controls(s, Rule.RIGHTS, fact.subject, before, held)
        elif s.found[holder]:
            before = _steps(s, _led_by_person(s, path_to(s.ledger, holder, s.found, s.group)))
            step = step_of(fact.holder, fact.subject, [held])
            yield _hit(s, Rule.RIGHTS, fact.subject, (*before, step), at_most=Level.REPORT, note=Note.PARTLY)


def interlock(s: Situation) -> Iterator[Hit]:
    """An insider of the excluded party is director, officer or observer elsewhere (7, 18)."""
    for tie in s.graph.ties:
        fact = tie.fact
        if fact.role in IN_THE_ROOM and fact.person in s.insiders and is_current(tie, s.graph.day):
            step = Step(fact.person, fact.party, fact.role, statement=tie.statement.id)
            yield from _interlocked(s, fact.person, fact.party, step)
    for held in s.graph.interests:
        seat = held.fact
        if seat.type in SEATS and seat.holder in s.insiders and seat.holder is not None:
            yield from _interlocked(s, seat.holder, seat.subject, step_of(seat.holder, seat.subject, [held]))


def _interlocked(s: Situation, person: UUID, party: UUID, step: Step) -> Iterator[Hit]:
    if s.ledger.index[party] in s.core:
        return
    reached = control(s.ledger, [s.ledger.index[party]])
    for member in reached.via:
        if member in s.core:
            continue
        path = (*_to_insider(s, person), step, *_steps(s, control_path(member, reached)))
        yield _hit(s, Rule.INTERLOCK, s.party(member), path)


def revenue(s: Situation) -> Iterator[Hit]:
    """Revenue from the excluded party's group, summed, from the threshold on (10)."""
    sums: dict[UUID, list[Held]] = defaultdict(list)
    for held in _from_group(s, InterestType.REVENUE_DEPENDENCE):
        sums[held.fact.subject].append(held)
    for subject, parts in sorted(sums.items()):
        share = sum(units(held.fact.most) for held in parts if held.fact.most is not None)
        if share >= units(s.policy.revenue_percent):
            best = max(parts, key=lambda held: (held.fact.most or 0, held.statement.id.int))
            yield _hit(
                s,
                Rule.REVENUE,
                subject,
                (step_of(best.fact.holder, subject, [best]),),
                share=Fraction(min(share, SCALE), SCALE),
            )


def debt(s: Situation) -> Iterator[Hit]:
    """Any loan from the excluded party's group (10)."""
    for held in _from_group(s, InterestType.DEBT):
        subject = held.fact.subject
        yield _hit(s, Rule.DEBT, subject, (step_of(held.fact.holder, subject, [held]),))


def _from_group(s: Situation, kind: InterestType) -> Iterator[Held]:
    """Yield interests of a kind that the whole group of firms has in others: parents and siblings too."""
    family = s.group.via.keys() | s.parents.via.keys() | s.siblings.via.keys()
    for held in s.graph.interests:
        fact = held.fact
        if fact.type is not kind or fact.holder is None:
            continue
        if s.ledger.index[fact.holder] in family and s.ledger.index[fact.subject] not in family:
            yield held


def unknown(s: Situation) -> Iterator[Hit]:
    """What is not known could reach the threshold, or control (3, 4, 8, 9, 13)."""
    threshold = units(s.policy.economic_percent)
    for position, party in enumerate(s.ledger.ids):
        if s.found[position] >= threshold or position in s.group or s.is_person(party):
            continue
        share = s.possible_found[position]
        if share >= threshold:
            path = _steps(s, _unsure_links(s, position))
            yield _hit(s, Rule.UNKNOWN, party, path, share=Fraction(share, SCALE), note=Note.UNSURE)


def _unsure_links(s: Situation, position: int) -> list[tuple[int, int]]:
    """Return the one link that leaves most open: from whoever may be, or may belong to, the excluded party."""
    nobody = s.ledger.undisclosed
    if (nobody, position) in s.ledger.held:
        return [(nobody, position)]
    parts = [
        (share * s.possible_found[holder], -holder)
        for rows in s.possible_ledger.measures[position]
        for holder, share in rows.items()
    ]
    if parts:
        return [(-max(parts)[1], position)]
    # Without any part: controlled by contract or office, by whoever may be the excluded party's.
    through = s.possible.via.get(position)
    return [] if through is None else [(through, position)]


def parents(s: Situation) -> Iterator[Hit]:
    """Whoever controls the excluded party, and whatever they control (6)."""
    for member in s.siblings.via:
        party = s.party(member)
        if member in s.core:
            continue
        links = control_path(member, s.siblings)
        parent = links[0][0] if links else member
        yield _hit(s, Rule.PARENTS, party, _steps(s, [(parent, s.origin), *links]))


def stake(s: Situation) -> Iterator[Hit]:
    """Whoever holds a part of the excluded party (6)."""
    for holder in holders_of(s.ledger, s.origin):
        if holder == s.ledger.undisclosed or holder in s.siblings or holder in s.core:
            continue
        party = s.party(holder)
        if s.graph.parties[party].kind is not PartyKind.PERSON:
            yield _hit(s, Rule.STAKE, party, _steps(s, [(holder, s.origin)]))


RULES: tuple[RuleOnParties, ...] = (
    excluded_itself,
    controlled,
    economic,
    rights,
    interlock,
    revenue,
    debt,
    unknown,
    parents,
    stake,
)


def _and_what_it_controls(
    s: Situation, rule: Rule, party: UUID, before: tuple[Step, ...], held: Held
) -> Iterator[Hit]:
    reached: Control = control(s.ledger, [s.ledger.index[party]])
    step = step_of(held.fact.holder, party, [held])
    for member in reached.via:
        if member != s.origin:
            yield _hit(s, rule, s.party(member), (*before, step, *_steps(s, control_path(member, reached))))


def _led_by_person(
    s: Situation, links: list[tuple[int, int]], *, of: int | None = None
) -> list[tuple[int, int]]:
    """Begin a path that an officer's holdings make at the excluded party, not at the officer.

    `of` is where a path without links stands.
    """
    first = links[0][0] if links else of
    if first is None or first == s.origin:
        return links
    return [(-1 - first, first), *links]


def _to_insider(s: Situation, person: UUID) -> tuple[Step, ...]:
    """Return the steps from the excluded party to one of its people, through what it controls."""
    step = s.insiders.get(person)
    if step is None or step.holder is None:
        return (Step(s.excluded, person),)
    return (*_steps(s, control_path(s.ledger.index[step.holder], s.core)), step)


def _steps(s: Situation, links: Iterable[tuple[int, int]]) -> tuple[Step, ...]:
    steps: list[Step] = []
    for holder, subject in links:
        party = s.party(subject)
        if holder < 0:
            steps += _to_insider(s, party)
            continue
        owner = None if holder == s.ledger.undisclosed else s.party(holder)
        steps.append(step_of(owner, party, s.ledger.held.get((holder, subject), ())))
    return tuple(steps)


def _hit(
    s: Situation,
    rule: Rule,
    party: UUID,
    path: tuple[Step, ...],
    *,
    at_most: Level = Level.DENY,
    **more: Any,
) -> Hit:
    setting = s.policy.setting(rule)
    return Hit(
        rule,
        party,
        s.excluded,
        min(setting.people, at_most),
        min(setting.egress, at_most),
        path,
        **more,
    )
