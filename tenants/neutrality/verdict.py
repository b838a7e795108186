"""May this person touch this tenant? A pure function over facts; no framework, no clock of its own.

It knows excluded parties and a person's own affiliations; the graph between parties comes later,
behind this same interface.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

COOLING_OFF = timedelta(days=365)


class Outcome(StrEnum):
    """What the gate does with a request."""

    ALLOW = "allow"
    DENY = "deny"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class AffiliationFact:
    """What one person declared: their tie to a party. Days count in UTC; `end` is the last day that counts."""

    party_id: UUID
    party_name: str
    role: str
    start: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, with the path in words. False in a boolean context unless it allows."""

    outcome: Outcome
    path: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.outcome is Outcome.ALLOW


def verdict(*, excluded: Iterable[UUID], affiliations: Iterable[AffiliationFact], today: date) -> Verdict:
    """Return the verdict on one person for one tenant.

    A current tie with an excluded party denies; so does one that ended less than 365 days ago.
    Source: platform/docs/guarantees.md G5; the default rules of Brewer and Nash (1989) on histories come later.
    """
    walls = frozenset(excluded)
    for tie in affiliations:
        if tie.party_id not in walls:
            continue
        if tie.end is None or tie.end >= today:
            return Verdict(Outcome.DENY, (f"you declared: {tie.role} of {tie.party_name}", "excluded party"))
        clean_on = tie.end + COOLING_OFF + timedelta(days=1)
        if today < clean_on:
            return Verdict(
                Outcome.DENY,
                (
                    f"you declared: {tie.role} of {tie.party_name} until {tie.end.isoformat()}",
                    f"excluded party, cooling-off until {clean_on.isoformat()}",
                ),
            )
    return Verdict(Outcome.ALLOW)
