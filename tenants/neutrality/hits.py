"""A hit: one rule that one party meets, with the path that shows it. Values only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

from tenants.neutrality.facts import InterestType, Role
from tenants.neutrality.graph import Held, Tie
from tenants.neutrality.policy import Level, Rule


class Note(StrEnum):
    """What a hit says besides its rule."""

    JOINT = "joint control"
    PARTLY = "a right of a firm that the excluded party only holds in part"
    FORMER = "no longer so"
    UNSURE = "not disclosed, not classified, stale or contradictory"
    OPERATOR = "run or controlled by the operator"
    CONFIDENTIAL = "over a tie that somebody declared in confidence"


@dataclass(frozen=True, slots=True)
class Step:
    """One link of a path, from the excluded party's side on. `holder` None: whoever is not disclosed.

    Of several interests between two parties, the greatest; `what` None where only their sum says something.
    """

    holder: UUID | None
    subject: UUID
    what: InterestType | Role | None = None
    share: Decimal | None = None
    share_class: str = ""
    voting: bool = True
    end: date | None = None
    statement: UUID | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """`party` meets `rule` on account of `excluded`; what that does to people and to ways out.

    `share` is the part that decides, 1 for all of it. `until` is the last day on which a former tie is reported.
    """

    rule: Rule
    party: UUID
    excluded: UUID
    people: Level
    egress: Level
    path: tuple[Step, ...]
    share: Fraction | None = None
    note: Note | None = None
    until: date | None = None


def step_of(holder: UUID | None, subject: UUID, between: Iterable[Held]) -> Step:
    """Return the link between two parties, told by the greatest interest between them."""
    best = max(
        between,
        key=lambda held: (-1 if held.fact.most is None else held.fact.most, held.statement.id.int),
        default=None,
    )
    if best is None:
        return Step(holder, subject)
    fact = best.fact
    return Step(
        holder, subject, fact.type, fact.most, fact.share_class, fact.voting, fact.end, best.statement.id
    )


def step_of_tie(tie: Tie) -> Step:
    """Return the link from a party to a person who is tied to it."""
    fact = tie.fact
    return Step(fact.party, fact.person, fact.role, fact.share, end=fact.end, statement=tie.statement.id)
