"""EG-07: the graph is read right, doubts in it are told, and each stored verdict is what a fresh one would be."""

from collections import Counter
from dataclasses import replace

from ringfence.kernel.context import TenantContext
from tenants.gate.canary_facts import add_party, forget_all, hold_without_votes, rule_canary
from tenants.gate.registry import known
from tenants.gate.stored_taints import is_stored, rewrite, stored_beside_fresh
from tenants.gate.verdicts import judged
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target
from tenants.isolation.twin.known_cases import (
    EMPLOYEE,
    FOUNDING_POLICY,
    VENDOR,
    doubtful_graph,
    founding_case,
)
from tenants.neutrality import hygiene
from tenants.neutrality import taint as taints
from tenants.neutrality.people import judge_person
from tenants.neutrality.policy import Level, Policy
from tenants.neutrality.rules import RULES, economic
from tenants.neutrality.verdict import Outcome

ID = "EG-07"
TITLE = "Ownership is read right, and verdicts are not out of date"
PROVES = (
    "What the doors look up is what a fresh computation says, for each workspace. The case that this product was made"
    " for, an investor with 49 % and no votes, keeps the vendor's staff away. Doubts in the graph are counted for"
    " the reader: a circle, more than 100 %, unknown, stale or contradicted. A doubt is no failure; rules treat it"
    " strictly. What nobody has stated, nobody finds here."
)
SEEDED = False


def detect(target: Target) -> Finding:
    """Judge the two known graphs, look through the real one, and compute each stored set anew."""
    tally = Tally(ID)
    forget_all()
    _known_cases(tally)
    contexts = policies(target)
    for context in contexts:
        _stored(tally, context)
    if not contexts:
        tally.miss("there is no workspace to look at")
    else:
        _operator(tally)
        here = judged(contexts[0].tenant_id)
        told = Counter(each.doubt.value for each in hygiene.findings(here.graph, Policy()))
        size = f"{len(here.graph.parties)} parties, {len(here.known.statements)} statements"
        doubts = ", ".join(f"{count} × {doubt}" for doubt, count in sorted(told.items())) or "no doubt"
        tally.notes.append(f"in the graph of {size}: {doubts}")
    forget_all()
    return tally.finding()


def policies(target: Target) -> list[TenantContext]:
    """Return whose policies are looked at: every workspace's, in the shadow the canaries'."""
    return list(target.tenants())


def _known_cases(tally: Tally) -> None:
    tally.look(2 + len(hygiene.Doubt))
    graph = founding_case()
    taint = taints.taint_of(graph, FOUNDING_POLICY)
    if taint.people(VENDOR) is not Level.DENY:
        tally.wrong("an investor with 49 % and no votes does not keep the vendor's staff away")
    verdict = judge_person(EMPLOYEE, taint=taint, graph=graph, declared_on=graph.day)
    if verdict.outcome is not Outcome.DENY:
        tally.wrong("somebody who works for a vendor of which an excluded investor has 49 % is let in")
    found = {each.doubt for each in hygiene.findings(doubtful_graph(), FOUNDING_POLICY)}
    for doubt in hygiene.Doubt:
        if doubt not in found:
            tally.wrong(f"a doubt that stands in a graph made for it is not found: {doubt.value}")


def _stored(tally: Tally, context: TenantContext) -> None:
    judged(context.tenant_id)
    if not is_stored(context.tenant_id):
        tally.miss("the verdicts of a workspace are not stored")
        return
    for each in stored_beside_fresh(context.tenant_id):
        tally.look()
        if not each.agrees:
            tally.wrong(
                "a stored set of verdicts is not what the facts and the policy say", context.tenant_id
            )


def _operator(tally: Tally) -> None:
    facts = known()
    if facts.operator is not None and facts.operator in facts.parties:
        tally.look()
    elif facts.parties:
        tally.notes.append("the operator is not a party of the graph yet: its own conflicts cannot be found")


def _unknown_holder(target: Target) -> None:
    tenant_id = target.k2.tenant_id
    investor, vendor = add_party("Planted investor"), add_party("Planted vendor")
    rule_canary(tenant_id, excluded=[investor])
    before = judged(tenant_id).taint
    hold_without_votes(investor, vendor, "49")
    judged(tenant_id)
    rewrite(tenant_id, before)


def _tampered(target: Target) -> None:
    tenant_id = target.k2.tenant_id
    rule_canary(tenant_id, excluded=[add_party("Planted lab")])
    rewrite(tenant_id, replace(judged(tenant_id).taint, hits={}))


def _blind_to_shares(target: Target) -> None:
    target.swap(taints, "RULES", tuple(rule for rule in RULES if rule is not economic))


def _no_circles(target: Target) -> None:
    target.swap(hygiene, "components", lambda *_, **__: ())


PLANTS = (
    Plant(
        "holder",
        "An investor takes 49 % without votes, and the stored verdicts do not know it",
        _unknown_holder,
    ),
    Plant("tampered", "Somebody empties the list of companies that a workspace keeps away", _tampered),
    Plant("founding", "The rule on shares without votes is left out", _blind_to_shares),
    Plant("circles", "Whoever looks through the graph passes over circles", _no_circles),
)
