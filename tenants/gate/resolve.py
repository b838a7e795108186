"""From a credential to a membership: one look into the control database, remembered for at most 5 s."""

import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from ringfence.kernel.database import control_database
from ringfence.kernel.permissions import GRANTS, SECOND_FACTOR_ROLES, VISITOR_MAY, Permission, Role
from tenants.gate.histories import closed_by, forget_landscape, is_committed, wall_for
from tenants.gate.person_facts import PersonFacts, facts_of
from tenants.gate.secrets import SessionSecret, TokenSecret, hash_of
from tenants.gate.verdicts import forget_verdicts, verdict_on_person
from tenants.neutrality.explain import for_gate, wall_in_words
from tenants.neutrality.people import Ground
from tenants.neutrality.verdict import Outcome, Verdict
from tenants.people.models import ApiToken, Membership, Session
from tenants.values import TenantKind

IDLE = timedelta(hours=2)
ABSOLUTE = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=1)
REMEMBERED_SECONDS = 5.0
REMEMBERED_AT_MOST = 5_000
OWED = frozenset({Ground.UNDECLARED, Ground.REAFFIRM})
"""What the person can mend at once: they declare, or reaffirm."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One person's standing in one tenant, as the control database has it."""

    tenant_id: UUID
    public_id: str
    tenant_kind: str
    tenant_state: str
    person_id: UUID
    member_id: UUID
    role: Role
    epoch: int
    permissions: frozenset[Permission]
    verdict: Verdict
    declaration_owed: bool
    """Whether nothing stands in the way but a declaration that the person has not made, or not reaffirmed."""
    commitment_owed: bool
    """Whether content here would close other workspaces of the person, and they have not confirmed it."""
    second_factor: bool
    second_factor_wanted: bool
    """Whether the role demands a second factor, or the person has set one up: whoever has one shows it."""
    here: bool
    """Whether the credential serves this tenant; False when the session serves another one."""
    ends_at: datetime | None = None
    """When this place ends by itself: of a support visit."""

    @property
    def over(self) -> bool:
        """Whether the time of a support visit is over, to the moment: what is remembered does not lengthen it."""
        return self.ends_at is not None and self.ends_at <= timezone.now()


_remembered: dict[tuple[bytes, str], tuple[Standing | None, float]] = {}


def standing_of(credential: SessionSecret | TokenSecret, public_id: str) -> Standing | None:
    """Return the standing behind a credential in the tenant `public_id`.

    None when the credential is good but its person has no place there. Raises `LookupError` when the
    credential is unknown or has ended. At most 5 s old; `forget` drops it at once in this process.
    """
    key = (hash_of(credential.value), public_id)
    known = _remembered.get(key)
    now = time.monotonic()
    if known is not None and known[1] > now:
        return known[0]
    with control_database():
        if isinstance(credential, SessionSecret):
            standing = _by_session(key[0], public_id)
        else:
            standing = _by_token(key[0], public_id)
    if len(_remembered) >= REMEMBERED_AT_MOST:
        _remembered.clear()
    _remembered[key] = (standing, now + REMEMBERED_SECONDS)
    return standing


def forget() -> None:
    """Drop what this process remembers; called when a session, role or policy changes here."""
    _remembered.clear()
    forget_verdicts()
    forget_landscape()


def standing_of_member(member_id: UUID) -> Standing | None:
    """Return the standing of one member, for a job that acts on their behalf. None when it has ended."""
    with control_database():
        membership = (
            Membership.objects.select_related("tenant", "person")
            .filter(member_id=member_id, ended_at=None)
            .first()
        )
        if membership is None or not holds(membership):
            return None
        return _standing(membership, second_factor=True, here=True)


def live_session(secret_hash: bytes) -> Session | None:
    """Return the session behind a hash unless it has ended, idled out or grown too old. Control database open."""
    now = timezone.now()
    session = (
        Session.objects.select_related("person", "tenant").filter(hash=secret_hash, ended_at=None).first()
    )
    if session is None or now - session.seen_at > IDLE or now - session.created_at > ABSOLUTE:
        return None
    if now - session.seen_at > TOUCH_EVERY:
        Session.objects.filter(id=session.id).update(seen_at=now)
    return session


def _by_session(secret_hash: bytes, public_id: str) -> Standing | None:
    session = live_session(secret_hash)
    if session is None:
        raise LookupError("session")
    membership = (
        Membership.objects.select_related("tenant", "person")
        .filter(person_id=session.person_id, tenant__public_id=public_id, ended_at=None)
        .first()
    )
    if membership is None or not holds(membership):
        return None
    return _standing(
        membership,
        second_factor=session.second_factor_at is not None,
        here=session.tenant_id == membership.tenant_id,
    )


def _by_token(secret_hash: bytes, public_id: str) -> Standing | None:
    now = timezone.now()
    token = (
        ApiToken.objects.select_related("membership__tenant", "membership__person")
        .filter(hash=secret_hash, revoked_at=None, expires_at__gt=now)
        .first()
    )
    if token is None or not holds(token.membership):
        raise LookupError("token")
    if token.used_at is None or now - token.used_at > TOUCH_EVERY:
        ApiToken.objects.filter(id=token.id).update(used_at=now)
    if token.membership.tenant.public_id != public_id:
        return None
    standing = _standing(token.membership, second_factor=True, here=True)
    scope = {Permission(p) for p in token.permissions if p in set(Permission)}
    return replace(standing, permissions=standing.permissions & scope)


def holds(membership: Membership) -> bool:
    """Say whether a membership stands now. Control database open.

    A support visit ends by itself at its time, and with the visitor's place at the operator.
    """
    if membership.ended_at is not None:
        return False
    if membership.ends_at is None:
        return True
    return membership.ends_at > timezone.now() and works_for_operator(membership.person_id)


def works_for_operator(person_id: UUID) -> bool:
    """Say whether somebody has the operator's own role, in the operator's workspace. Control database open."""
    return Membership.objects.filter(
        person_id=person_id, tenant__kind=TenantKind.OPERATOR, role=Role.OPERATOR, ended_at=None
    ).exists()


def _standing(membership: Membership, *, second_factor: bool, here: bool) -> Standing:
    role = Role(membership.role)
    person = facts_of(membership.person_id)
    verdict, owed = _verdict(membership, person)
    committing = bool(verdict) and _commitment_owed(membership, person)
    return Standing(
        tenant_id=membership.tenant.id,
        public_id=membership.tenant.public_id,
        tenant_kind=membership.tenant.kind,
        tenant_state=membership.tenant.state,
        person_id=membership.person_id,
        member_id=membership.member_id,
        role=role,
        epoch=membership.epoch,
        permissions=GRANTS[role] if membership.ends_at is None else GRANTS[role] & VISITOR_MAY,
        verdict=verdict,
        declaration_owed=owed,
        commitment_owed=committing,
        second_factor=second_factor,
        second_factor_wanted=(
            role in SECOND_FACTOR_ROLES
            or membership.person.totp is not None
            or membership.ends_at is not None
        ),
        here=here,
        ends_at=membership.ends_at,
    )


def _verdict(membership: Membership, person: PersonFacts) -> tuple[Verdict, bool]:
    """Return the verdict in the person's own words, and whether a declaration is all that is missing."""
    verdict, here = verdict_on_person(membership.tenant_id, membership.person_id, person)
    if verdict:
        wall = wall_for(membership.tenant_id, person)
        if not wall:
            return Verdict(Outcome.DENY, (wall_in_words(wall),)), False
    missing = verdict.outcome is Outcome.REVIEW and all(reason.ground in OWED for reason in verdict.reasons)
    return for_gate(verdict, policy=here.in_force.policy, parties=here.graph.parties), missing


def _commitment_owed(membership: Membership, person: PersonFacts) -> bool:
    return bool(closed_by(membership.tenant_id, person)) and not is_committed(membership.tenant_id, person)
