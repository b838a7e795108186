"""Verdicts in words for a tenant's officers: what other people declared about themselves stays unsaid in them."""

from tenants.gate.hindsight import discretion
from tenants.gate.registry import Known
from tenants.neutrality.destinations import DestinationVerdict
from tenants.neutrality.explain import destination_in_words, hit_in_words, person_in_words
from tenants.neutrality.facts import Party
from tenants.neutrality.graph import Graph
from tenants.neutrality.hits import Hit
from tenants.neutrality.people import PersonVerdict
from tenants.neutrality.policy import Policy


def person_told(
    verdict: PersonVerdict, *, name: str, policy: Policy, graph: Graph, facts: Known
) -> tuple[str, ...]:
    """Return every reason with its path, for officers of a tenant whose member, called `name`, it is about.

    Their own ties are told. A path over somebody else's declaration is told by its ends.
    """
    reasons = (*verdict.reasons, *verdict.mitigated)
    own = {verdict.person} | {each.tie.party for each in reasons if each.tie is not None}
    quiet = discretion(facts).except_for(own)
    names = {**quiet.names(graph.parties), verdict.person: Party(verdict.person, name)}
    return person_in_words(quiet.verdict(verdict), policy=policy, parties=names)


def destination_told(
    verdict: DestinationVerdict, *, policy: Policy, graph: Graph, facts: Known
) -> tuple[str, ...]:
    """Return what is not clean about a place, with the paths that officers may see."""
    quiet = discretion(facts)
    return destination_in_words(quiet.destination(verdict), policy=policy, parties=quiet.names(graph.parties))


def hit_told(hit: Hit, *, policy: Policy, graph: Graph, facts: Known) -> str:
    """Return one hit with the path that officers may see."""
    quiet = discretion(facts)
    return hit_in_words(quiet.hit(hit), policy=policy, parties=quiet.names(graph.parties))
