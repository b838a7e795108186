"""The answer that every door gives, with the path in words. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What the gate does with a request."""

    ALLOW = "allow"
    DENY = "deny"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, with the path in words. False in a boolean context unless it allows."""

    outcome: Outcome
    path: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.outcome is Outcome.ALLOW
