"""EG-04: what the doors decided, decided again over the log: nobody who was kept away received anything."""

from tenants.gate.canary_facts import add_party, party_of_canary, rule_canary
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.replaying import failing, logs, slip_in
from tenants.isolation.target import Target
from tenants.neutrality.replay import Failing

ID = "EG-04"
TITLE = "Nobody whom the policy kept away received anything"
PROVES = (
    "Every delivery of the last 90 days, held against what was known at that moment: the policy let each one pass."
    " It reads the logs of this workspace and of two workspaces made for the check; what never reached a log, it"
    " cannot see."
)
SEEDED = False


def detect(target: Target) -> Finding:
    """Replay the logs against what was known then."""
    tally = Tally(ID)
    for context in logs(target):
        for found in failing(target, tally, context, Failing.VIOLATION):
            who = "a party" if found.access.person is None else "a member"
            tally.wrong(
                f"event {found.access.number}: {who} received something while the policy kept them away",
                context.tenant_id,
            )
    return tally.finding()


def _kept_away(target: Target) -> None:
    member, own = party_of_canary(target.k2.tenant_id)
    rule_canary(target.k2.tenant_id, excluded=[own])
    slip_in(target, target.k2, member)


def _place(target: Target) -> None:
    excluded = add_party("Planted lab")
    member, _ = party_of_canary(target.k2.tenant_id)
    rule_canary(target.k2.tenant_id, excluded=[excluded])
    slip_in(target, target.k2, member, place=excluded)


PLANTS = (
    Plant("kept-away", "An item goes to a member whom the policy had kept away for an hour", _kept_away),
    Plant("place", "A notice goes to a company whom the policy had kept away for an hour", _place),
)
