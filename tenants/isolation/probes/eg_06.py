"""EG-06: no person has unexpired history on both sides of a conflict between customers."""

from datetime import timedelta

from ringfence.kernel.permissions import Role
from tenants.gate import histories as gate
from tenants.gate.both_sides import BothSides, both_sides
from tenants.gate.canaries import CanaryMember
from tenants.gate.canary_facts import (
    add_party,
    forget_all,
    name_canary,
    party_of_canary,
    rule_canary,
    view_canary,
)
from tenants.gate.errors import WalledOff
from tenants.isolation.findings import NOBODY, Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target, undone
from tenants.neutrality.verdict import Outcome
from tenants.neutrality.walls import WallVerdict

ID = "EG-06"
TITLE = "Nobody has seen the work of two customers that conflict"
PROVES = (
    "Whoever has been shown one customer's work is not shown a rival's until the cooling-off has passed: the door is"
    " tried with two workspaces made for the check, and every kept history is read. A conflict that a customer"
    " named after both views is told, and is no failure. People are known by what they are shown here, nowhere else."
)
SEEDED = False

TWO_DAYS = timedelta(days=2)


def detect(target: Target) -> Finding:
    """Try the door with one canary's member, then read all histories."""
    tally = Tally(ID)
    forget_all()
    _try_door(target, tally)
    count, found = histories(target)
    tally.look(count)
    for each in found:
        words = (
            f"a person was shown work of two customers that conflict, on {each.first_seen} and on {each.then_seen};"
            f" the first closes the other until {each.until}"
        )
        if each.stood:
            tally.wrong(words, NOBODY)
        else:
            tally.learn(f"{words}; the conflict was named after that", NOBODY)
    tally.notes.append(f"{count} people with a history")
    forget_all()
    return tally.finding()


def histories(target: Target) -> tuple[int, list[BothSides]]:
    """Return how many people have a history in the workspaces of this target, and each on both sides."""
    return both_sides([context.tenant_id for context in target.tenants()])


def _try_door(target: Target, tally: Tally) -> None:
    """Let a member of the canaries see one side; the other one must be shut for them."""
    with undone("control"):
        member = _as_rivals(target, Role.REVIEWER)
        gate.note_view(target.k1.tenant_id, member.person_id)
        tally.look()
        try:
            gate.note_view(target.k2.tenant_id, member.person_id)
        except WalledOff:
            pass
        else:
            tally.wrong("a person who had seen one side of a conflict was shown the other side")
    forget_all()


def _as_rivals(target: Target, role: Role) -> CanaryMember:
    """Let the canaries be rivals since two days, and return a member of the first."""
    sides = [add_party(name) for name in ("Planted first lab", "Planted second lab")]
    for context, side in zip(target.canaries, sides, strict=True):
        name_canary(context.tenant_id, side)
    rule_canary(target.k1.tenant_id, rivals=[sides[1]], ago=TWO_DAYS)
    member, _ = party_of_canary(target.k1.tenant_id, role)
    return member


def _second_view(target: Target) -> None:
    member = _as_rivals(target, Role.LABELER)
    for context in target.canaries:
        view_canary(context.tenant_id, member.person_id)


def _open_door(target: Target) -> None:
    target.swap(gate, "may_view", lambda *_, **__: WallVerdict(Outcome.ALLOW))


PLANTS = (
    Plant(
        "second-view",
        "Somebody is shown a rival's work on the day on which they saw the other side's",
        _second_view,
    ),
    Plant("open-door", "The door stops asking what a person has seen elsewhere", _open_door),
)
