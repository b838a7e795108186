"""May this member, party or host touch us, and why? An answer for officers, in the log before it leaves."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import NAMESPACE_DNS, UUID, uuid5

from audit.leaf import canonical_json
from audit.services.deliver import deliver
from audit.values import Receipt
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Invalid, NotFound
from tenants.egress.addresses import read_address
from tenants.egress.resolving import MOST_ADDRESSES, Resolver, look_up
from tenants.gate.hindsight import discretion
from tenants.gate.histories import wall_for
from tenants.gate.people import person_of_member
from tenants.gate.person_facts import facts_of
from tenants.gate.policies import InForce
from tenants.gate.verdicts import (
    Judged,
    judged,
    verdict_on_destination,
    verdict_on_person,
)
from tenants.models import Member
from tenants.neutrality.answer import (
    Answer,
    Told,
    answer_on_host,
    answer_on_party,
    answer_on_person,
)
from tenants.neutrality.destinations import Destination, Trouble, normal_name
from tenants.neutrality.facts import Assurance, Interest, Party
from tenants.neutrality.surroundings import interest_in_words

LOOK_UP_SECONDS = 5.0
HTTPS = 443
LONGEST_HOST = 260


@dataclass(frozen=True, slots=True)
class Source:
    """One public statement that a path rests on."""

    words: str
    source: str
    stated_on: date
    assurance: Assurance
    end: date | None


@dataclass(frozen=True, slots=True)
class Explained:
    """An answer with what it was made from."""

    about: str
    """member, party or host."""
    subject: str
    answer: Answer
    rules: InForce
    graph_version: int
    graph_digest: bytes
    day: date
    sources: tuple[Source, ...]
    addresses: tuple[str, ...]
    looked_up: bool
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Asked:
    """A host as it was written, with its addresses. `looked_up`: the name alone was clean, so it was resolved."""

    destination: Destination
    looked_up: bool


def resolve_host(context: TenantContext, written: str, *, resolver: Resolver = look_up) -> Asked:
    """Return the host that somebody wrote, resolved as the outbound client would; outside any unit of work.

    A name that is not clean by itself is not looked up: the question would tell its owner something.

    Raises:
        Invalid: what was written is no host name and no address.
    """
    text = written.strip()
    if "://" in text:
        text = text.split("://", 1)[1].split("/", 1)[0].rsplit("@", 1)[-1]
    if text.count(":") == 1:
        text = text.partition(":")[0]
    address = read_address(text.strip("[]"))
    host = str(address) if address is not None else normal_name(text)
    if not host or len(text) > LONGEST_HOST:
        raise Invalid("Write a host name such as hooks.example.com, or a public address.", field="host")
    if address is not None:
        return Asked(Destination(host, (), (host,)), looked_up=True)
    by_name, _ = verdict_on_destination(context.tenant_id, Destination(host))
    if any(point.trouble is not Trouble.NOWHERE for point in by_name.points):
        return Asked(Destination(host), looked_up=False)
    found = resolver(host, HTTPS, LOOK_UP_SECONDS)[: MOST_ADDRESSES + 1]
    return Asked(Destination(host, (), tuple(str(each) for each in found)), looked_up=True)


def explain_member(context: TenantContext, member_id: UUID) -> Explained:
    """Answer on one of the tenant's own members. Raises `NotFound`."""
    row = Member.objects.filter(id=member_id).first()
    if row is None:
        raise NotFound("member")
    person_id = person_of_member(member_id)
    name = context.keyring.open(row.name, field=Member.name, row=row.id).decode()
    verdict, here = verdict_on_person(context.tenant_id, person_id)
    party = here.known.party_of.get(person_id, person_id)
    own = {tie.fact.party for tie in here.ties.get(party, [])} | {party}
    quiet = discretion(here.known).except_for(own)
    wall = wall_for(context.tenant_id, facts_of(person_id))
    names = {**quiet.names(here.graph.parties), party: Party(party, name)}
    answer = answer_on_person(
        quiet.verdict(verdict),
        policy=here.in_force.policy,
        names=names,
        walled_until=None if wall else max(each.until for each in wall.walls),
    )
    return _told(context, here, "member", member_id, name, answer)


def explain_party(context: TenantContext, party_id: UUID) -> Explained:
    """Answer on a party of the registry. Raises `NotFound`, also for parties that no officer may see."""
    here = judged(context.tenant_id)
    quiet = discretion(here.known)
    party = here.graph.parties.get(party_id)
    if party is None or party_id in quiet.parties:
        raise NotFound("party")
    answer = answer_on_party(
        party_id,
        [quiet.hit(hit) for hit in here.taint.of(party_id)],
        people=here.taint.people(party_id),
        egress=here.taint.egress(party_id),
        silent=party_id in here.taint.silent,
        registered=party_id in here.taint.registered,
        policy=here.in_force.policy,
        names=quiet.names(here.graph.parties),
    )
    return _told(context, here, "party", party_id, party.name, answer)


def explain_host(context: TenantContext, asked: Asked) -> Explained:
    """Answer on a host that `resolve_host` has resolved."""
    verdict, here = verdict_on_destination(context.tenant_id, asked.destination)
    quiet = discretion(here.known)
    answer = answer_on_host(
        quiet.destination(verdict),
        policy=here.in_force.policy,
        names=quiet.names(here.graph.parties),
        looked_up=asked.looked_up,
    )
    host = asked.destination.host
    return _told(
        context,
        here,
        "host",
        uuid5(NAMESPACE_DNS, host),
        host,
        answer,
        addresses=asked.destination.addresses,
        looked_up=asked.looked_up,
    )


def _told(
    context: TenantContext,
    here: Judged,
    about: str,
    object_id: UUID,
    subject: str,
    answer: Answer,
    *,
    addresses: tuple[str, ...] = (),
    looked_up: bool = False,
) -> Explained:
    said = {
        "about": about,
        "subject": subject,
        "outcome": answer.outcome.value,
        "reasons": [told.words for told in answer.told],
        "policy": here.in_force.digest.hex(),
        "graph": here.known.digest.hex(),
        "day": here.graph.day.isoformat(),
    }
    digest = hashlib.sha256(canonical_json(said)).digest()
    receipt = deliver(context, Verb.VERDICT_DELIVERED, object_kind=about, objects=[(object_id, digest)])
    return Explained(
        about,
        subject,
        answer,
        here.in_force,
        here.known.version,
        here.known.digest,
        here.graph.day,
        _sources(here, answer.told),
        addresses,
        looked_up,
        receipt,
    )


def _sources(here: Judged, told: Iterable[Told]) -> tuple[Source, ...]:
    """Return the public statements that the paths rest on, each once."""
    quiet = discretion(here.known)
    found: dict[UUID, Source] = {}
    for each in (statement for reason in told for statement in reason.statements):
        stated = here.known.statements.get(each)
        if stated is None or each in quiet.statements or each in found or stated.fact is None:
            continue
        if isinstance(stated.fact, Interest):
            ends, words = (stated.fact.holder, stated.fact.subject), interest_in_words(stated.fact)
        else:
            ends, words = (stated.fact.person, stated.fact.party), stated.fact.role.value
        if quiet.parties & {end for end in ends if end is not None}:
            continue
        names = [
            "a holder that is not disclosed" if end is None else here.graph.parties[end].name for end in ends
        ]
        found[each] = Source(
            f"{names[0]} → {names[1]}: {words}", stated.source, stated.date, stated.assurance, stated.fact.end
        )
    return tuple(found.values())
