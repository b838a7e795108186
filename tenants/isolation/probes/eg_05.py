"""EG-05: what is known now of accesses that were in order then. Exposures, and no failure of a wall."""

from tenants.gate.canary_facts import add_party, party_of_canary, rule_canary, tie_canary
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.replaying import failing, logs, slip_in
from tenants.isolation.target import Target
from tenants.neutrality.replay import Failing

ID = "EG-05"
TITLE = "What came to be known later is told, not left alone"
PROVES = (
    "If a fact that reaches back comes in late, such as an employer whom somebody declares afterwards, every delivery"
    " of the last 90 days that it would have stopped is named here. That is an exposure: no wall failed, since nobody"
    " could know it then. It stays in the report and does not turn the run red."
)
SEEDED = False


def detect(target: Target) -> Finding:
    """Replay the logs against what is known now."""
    tally = Tally(ID)
    for context in logs(target):
        for found in failing(target, tally, context, Failing.EXPOSURE):
            who = "a party" if found.access.person is None else "a member"
            tally.learn(
                f"event {found.access.number}: {who} received something that is refused by what is known now",
                context.tenant_id,
            )
    return tally.finding()


def _back_dated(target: Target) -> None:
    employer = add_party("Planted employer")
    rule_canary(target.k2.tenant_id, excluded=[employer])
    member, _ = party_of_canary(target.k2.tenant_id)
    slip_in(target, target.k2, member)
    tie_canary(target.k2.tenant_id, employer, days_ago=30)


PLANTS = (
    Plant(
        "back-dated",
        "After an item was shown to a member, it is stated that they have worked for an excluded company for a month",
        _back_dated,
    ),
)
