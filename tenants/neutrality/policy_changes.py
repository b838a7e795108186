"""What one policy does otherwise than another, and where it is softer: for reports and the policy page. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from tenants.neutrality.policy import DAYS, PERCENTS, SETTABLE, Policy


class Direction(StrEnum):
    """Whether a change keeps fewer away than before."""

    LOOSER = "looser"
    TIGHTER = "tighter"


@dataclass(frozen=True, slots=True)
class Change:
    """One setting that differs; `field` is its place in the document."""

    field: str
    before: str
    after: str
    direction: Direction


LONGER_IS_LOOSER = frozenset({"stale_after", "reaffirm", "grace"})
"""More days until something counts as old; of the cooling-off, more days are tighter."""


def changes(before: Policy, after: Policy) -> tuple[Change, ...]:
    """Return what differs, in the order of the document."""
    found = [*_parties("excluded", before.excluded, after.excluded)]
    found += _parties("rivals", before.rivals, after.rivals)
    for name in PERCENTS:
        old, new = (getattr(policy, f"{name}_percent") for policy in (before, after))
        if old != new:
            found.append(_change(f"percents.{name}", f"{old} %", f"{new} %", looser=new > old))
    for name in DAYS:
        old, new = (getattr(policy, f"{name}_days") for policy in (before, after))
        if old != new:
            looser = new > old if name in LONGER_IS_LOOSER else new < old
            found.append(_change(f"days.{name}", f"{old} days", f"{new} days", looser=looser))
    for rule in SETTABLE:
        for who in ("people", "egress"):
            was, now = getattr(before.rules[rule], who), getattr(after.rules[rule], who)
            if was != now:
                found.append(_change(f"rules.{rule.value}.{who}", was.word, now.word, looser=now < was))
    return tuple(found)


def looser_than_default(policy: Policy) -> tuple[Change, ...]:
    """Return the settings that are softer than the template's; every report lists them."""
    template = Policy(excluded=policy.excluded, rivals=policy.rivals)
    return tuple(change for change in changes(template, policy) if change.direction is Direction.LOOSER)


def _parties(field: str, before: frozenset[UUID], after: frozenset[UUID]) -> list[Change]:
    gone = [Change(field, str(party), "", Direction.LOOSER) for party in sorted(before - after)]
    return gone + [Change(field, "", str(party), Direction.TIGHTER) for party in sorted(after - before)]


def _change(field: str, before: str, after: str, *, looser: bool) -> Change:
    return Change(field, before, after, Direction.LOOSER if looser else Direction.TIGHTER)
