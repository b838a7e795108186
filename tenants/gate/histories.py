"""Who has seen whose content, and what that closes: Brewer and Nash over views, across workspaces.

Everything here stays inside the gate: a workspace learns that a person is not available, never where they
were; a person learns which of their own workspaces closes and until when, never who a customer is.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connections, transaction
from django.db.models import Count, Max

from ringfence.kernel.database import control_database
from tenants.gate.errors import WalledOff
from tenants.gate.person_facts import PersonFacts, facts_of
from tenants.gate.policies import all_in_force, sides_of_closed
from tenants.gate.registry import known
from tenants.gate.verdicts import FRESH_SECONDS, judged, today
from tenants.neutrality.explain import wall_in_words
from tenants.neutrality.verdict import Outcome
from tenants.neutrality.walls import (
    Closing,
    Conflicts,
    WallVerdict,
    Workspace,
    closes,
    conflicts_of,
    history_of,
    may_view,
)
from tenants.people.models import Commitment, Membership, PersonView, PolicyVersion, Tenant

LOCK = 0x52464856
REMEMBERED_VIEWS = 50_000


@dataclass(frozen=True, slots=True)
class Landscape:
    """Every living workspace as a side with a policy, and which sides conflict."""

    question: tuple[object, ...]
    workspaces: dict[UUID, Workspace]
    conflicts: Conflicts
    counts_as: dict[UUID, set[UUID]]
    closed: Mapping[UUID, UUID]
    """The side of each workspace that was closed: its policy is gone, and what was seen there was seen."""


_landscape: tuple[Landscape, float] | None = None
_viewed: set[tuple[UUID, UUID, date]] = set()
_guard = threading.Lock()


def landscape() -> Landscape:
    """Return who conflicts with whom, at most `FRESH_SECONDS` old."""
    global _landscape
    held = _landscape
    if held is not None and held[1] > time.monotonic():
        return held[0]
    with control_database():
        newest = PolicyVersion.objects.aggregate(
            n=Count("id"), signed=Max("signed_at"), gone=Max("withdrawn_at")
        )
        tenants = Tenant.objects.aggregate(n=Count("id"), named=Count("sealed_party"))
    question = (known().version, today(), *newest.values(), *tenants.values(), int(time.time() // 60))
    fresh = held[0] if held is not None and held[0].question == question else _drawn(question)
    _landscape = (fresh, time.monotonic() + FRESH_SECONDS)
    return fresh


def forget_landscape() -> None:
    """Look again at once in this process."""
    global _landscape
    _landscape = None
    _viewed.clear()


def wall_for(tenant_id: UUID, person: PersonFacts) -> WallVerdict:
    """Return whether what a person has seen elsewhere keeps them from this workspace's content today."""
    if not _has_history(tenant_id, person):
        return WallVerdict(Outcome.ALLOW)  # no side stands against it, so none has to be drawn
    drawn = landscape()
    here = drawn.workspaces.get(tenant_id)
    if here is None:
        return WallVerdict(Outcome.ALLOW)  # destroyed: nothing can be shown there
    return may_view(_history(tenant_id, person, drawn), here, conflicts=drawn.conflicts, day=today())


def note_view(tenant_id: UUID, person_id: UUID) -> None:
    """Keep that content of the workspace is about to be shown to the person. Before the first byte leaves.

    The first view of a day decides under the person's lock, so that two workspaces that conflict cannot both
    show something at the same moment. Raises `WalledOff`.
    """
    day = today()
    mark = (person_id, tenant_id, day)
    if mark in _viewed:
        return
    with control_database(), transaction.atomic(using="control"):
        with connections["control"].cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, str(person_id)])
        wall = wall_for(tenant_id, facts_of(person_id))
        if not wall:
            raise WalledOff(wall_in_words(wall))
        view, made = PersonView.objects.get_or_create(
            person_id=person_id, tenant_id=tenant_id, defaults={"first_day": day, "last_day": day}
        )
        if not made and view.last_day < day:
            PersonView.objects.filter(id=view.id).update(last_day=day)
    with _guard:
        if len(_viewed) >= REMEMBERED_VIEWS:
            _viewed.clear()
        _viewed.add(mark)


def closed_by(tenant_id: UUID, person: PersonFacts) -> tuple[Closing, ...]:
    """Return which of the person's own other workspaces a view here would close, and until when."""
    if not person.places - {tenant_id}:
        return ()
    drawn = landscape()
    offers = [drawn.workspaces[each] for each in person.places - {tenant_id} if each in drawn.workspaces]
    if not offers or tenant_id not in drawn.workspaces:
        return ()
    return closes(
        _history(tenant_id, person, drawn),
        drawn.workspaces[tenant_id],
        offers,
        conflicts=drawn.conflicts,
        day=today(),
    )


def is_committed(tenant_id: UUID, person: PersonFacts) -> bool:
    """Say whether the person has seen what work here closes, and gone on; or has seen content here before."""
    return tenant_id in person.commitments or any(tenant == tenant_id for tenant, _ in person.views)


def commit(tenant_id: UUID, person_id: UUID) -> None:
    """Keep that the person has seen it and goes on."""
    with control_database():
        Commitment.objects.get_or_create(person_id=person_id, tenant_id=tenant_id)


def views_of(tenant_id: UUID) -> tuple[int, date | None]:
    """Return what changes when a member of this workspace is shown content anywhere: how many histories, the newest."""
    with control_database():
        people = Membership.objects.filter(tenant_id=tenant_id, ended_at=None).values("person_id")
        found = PersonView.objects.filter(person_id__in=people).aggregate(n=Count("id"), last=Max("last_day"))
    return found["n"], found["last"]


def _has_history(tenant_id: UUID, person: PersonFacts) -> bool:
    """Say whether a person has seen anything elsewhere, or worked anywhere: a side never conflicts with itself."""
    if any(tenant != tenant_id for tenant, _ in person.views):
        return True
    here = judged(tenant_id)
    return bool(here.ties.get(here.party_of(person.person_id)))


def _history(tenant_id: UUID, person: PersonFacts, drawn: Landscape) -> dict[UUID, date]:
    sides = {**drawn.closed, **{each.id: each.side for each in drawn.workspaces.values()}}
    views = [(sides[tenant], last) for tenant, last in person.views if tenant in sides]
    here = judged(tenant_id)
    ties = here.ties.get(here.party_of(person.person_id), [])
    return history_of(views, employers=[tie.fact for tie in ties], day=today())


def _drawn(question: tuple[object, ...]) -> Landscape:
    rules = all_in_force()
    workspaces = {
        tenant: Workspace(tenant, party or tenant, rule.policy) for tenant, (party, rule) in rules.items()
    }
    counts_as: dict[UUID, set[UUID]] = {}
    for tenant, (_, rule) in rules.items():
        if rule.policy.excluded:
            for excluded, those in judged(tenant).taint.counts_as.items():
                counts_as.setdefault(excluded, set()).update(those)
    conflicts = conflicts_of(workspaces.values(), counts_as=counts_as)
    return Landscape(question, workspaces, conflicts, counts_as, sides_of_closed())
