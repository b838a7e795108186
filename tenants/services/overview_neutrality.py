"""How a tenant stands under its policy: the policy in plain sentences, whom it keeps away and why, what is to come."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from audit.services.deliver import deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from tenants.gate.deployment import leans_on
from tenants.gate.hindsight import discretion
from tenants.gate.policies import InForce
from tenants.gate.resolve import OWED
from tenants.gate.standings import Standing, in_words, standings
from tenants.gate.telling import destination_told
from tenants.gate.verdicts import Judged
from tenants.models import Member
from tenants.neutrality.facts import Affiliation, Interest, Party, Statement
from tenants.neutrality.graph import RECENT, effect_of
from tenants.neutrality.leaning import Leaning
from tenants.neutrality.plainly import in_sentences, softer_in_words
from tenants.neutrality.surroundings import interest_in_words, tie_in_words
from tenants.neutrality.verdict import Outcome

MOST_TOLD = 50
"""Members and statements that are named; the counts are of all."""


@dataclass(frozen=True, slots=True)
class Stands:
    """One member who is not simply admitted: with the whole path, for the tenant's officers."""

    member_id: UUID
    name: str
    outcome: Outcome
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dated:
    """A public statement with the day on which it begins or ended to count."""

    day: date | None
    words: str
    source: str


@dataclass(frozen=True, slots=True)
class Leant:
    """One thing that the platform leans on, judged, in words."""

    what: str
    name: str
    outcome: Outcome
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """All that the first page of neutrality says."""

    rules: InForce
    excluded: tuple[Party, ...]
    sentences: tuple[str, ...]
    softer: tuple[str, ...]
    graph_version: int
    graph_digest: bytes
    day: date
    members: int
    away: int
    owing: int
    review: int
    told: tuple[Stands, ...]
    parties: int
    kept_away: int
    hosts: int
    hosts_refused: int
    silent: int
    missing: int
    announced: tuple[Dated, ...]
    ended: tuple[Dated, ...]
    leans: tuple[Leant, ...]


def overview_neutrality(context: TenantContext) -> Overview:
    """Return it, inside the caller's unit of work; a delivery when it names members."""
    found, here = standings(context.tenant_id)
    quiet = discretion(here.known)
    public = quiet.graph(here.graph)
    names = quiet.names(here.graph.parties)
    away = [each for each in found if _kind(each) is Outcome.DENY]
    review = [each for each in found if _kind(each) is Outcome.REVIEW and not _only_owes(each)]
    owing = [each for each in found if _kind(each) is Outcome.REVIEW and _only_owes(each)]
    told = _told(context, [*away, *review, *owing][:MOST_TOLD], here)
    touched = here.in_force.policy.excluded | here.taint.hits.keys()
    hosts = {
        value: party.id
        for party in here.graph.parties.values()
        for scheme, value in party.identifiers
        if scheme in ("host", "network") and party.id not in quiet.parties
    }
    return Overview(
        rules=here.in_force,
        excluded=tuple(
            sorted((names[each] for each in here.in_force.policy.excluded if each in names), key=_by_name)
        ),
        sentences=in_sentences(here.in_force.policy, names=names),
        softer=softer_in_words(here.in_force.policy),
        graph_version=here.known.version,
        graph_digest=here.known.digest,
        day=here.graph.day,
        members=len(found),
        away=len(away),
        owing=len(owing),
        review=len(review),
        told=told,
        parties=len(public.parties),
        kept_away=len(here.taint.hits.keys() & public.parties.keys()),
        hosts=len(hosts),
        hosts_refused=sum(party in here.taint.denied_egress for party in hosts.values()),
        silent=len(here.taint.silent & public.parties.keys()),
        missing=len(here.taint.missing),
        announced=_dated(public.announced, touched, names, here.graph.day, begins=True),
        ended=_dated(
            [held.statement for held in public.ended if _ended_since(held.fact.end, here.graph.day - RECENT)],
            touched,
            names,
            here.graph.day,
            begins=False,
        ),
        leans=tuple(_leant(each, here, names) for each in leans_on(here)),
    )


def _leant(each: Leaning, here: Judged, names: Mapping[UUID, Party]) -> Leant:
    name = each.host if each.party is None else names[each.party].name
    policy = here.in_force.policy
    words = destination_told(each.verdict, policy=policy, graph=here.graph, facts=here.known)
    return Leant(each.what, name, each.verdict.outcome, words)


def _kind(each: Standing) -> Outcome:
    return each.verdict.outcome if each.wall else Outcome.DENY


def _only_owes(each: Standing) -> bool:
    return all(reason.ground in OWED for reason in each.verdict.reasons)


def _told(context: TenantContext, found: list[Standing], here: Judged) -> tuple[Stands, ...]:
    rows = Member.objects.filter(id__in=[each.member_id for each in found])
    opened = {row.id: context.keyring.open(row.name, field=Member.name, row=row.id).decode() for row in rows}
    told = tuple(
        Stands(
            each.member_id,
            opened[each.member_id],
            _kind(each),
            in_words(each, here, name=opened[each.member_id]),
        )
        for each in found
        if each.member_id in opened
    )
    if told:
        deliver(
            context,
            Verb.VERDICT_DELIVERED,
            object_kind="member",
            objects=[
                (each.member_id, hashlib.sha256("\0".join((each.name, *each.words)).encode()).digest())
                for each in told
            ],
        )
    return told


def _dated(
    statements: Iterable[Statement],
    touched: Iterable[UUID],
    names: Mapping[UUID, Party],
    day: date,
    *,
    begins: bool,
) -> tuple[Dated, ...]:
    """Return the statements that touch an excluded party or one that meets a rule, nearest first."""
    near = set(touched)
    found = []
    for each in statements:
        fact = each.fact
        if isinstance(fact, Interest) and near & {fact.subject, fact.holder}:
            holder = "a holder that is not disclosed" if fact.holder is None else names[fact.holder].name
            words = f"{holder} → {names[fact.subject].name}: {interest_in_words(fact)}"
        elif isinstance(fact, Affiliation) and near & {fact.person, fact.party}:
            words = f"{names[fact.person].name} → {names[fact.party].name}: {tie_in_words(fact, day)}"
        else:
            continue
        found.append(Dated(effect_of(each, day) if begins else fact.end, words, each.source))
    found.sort(key=lambda each: (each.day or date.min, each.words), reverse=not begins)
    return tuple(found[:MOST_TOLD])


def _ended_since(end: date | None, day: date) -> bool:
    return end is not None and end >= day


def _by_name(party: Party) -> str:
    return party.name
