"""The gate: the only maker of tenant contexts. Membership, state and verdict first; then a keyring."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from uuid import NAMESPACE_URL, UUID, uuid5

from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import NotFound, PermissionMissing, RingfenceError
from ringfence.kernel.permissions import GRANTS, Permission, Purpose
from tenants.gate.errors import (
    CommitmentNeeded,
    DeclarationNeeded,
    Excluded,
    NotNow,
    NotSignedIn,
    SecondFactorNeeded,
    SwitchNeeded,
    TicketVoid,
    WorkspaceClosed,
)
from tenants.gate.histories import note_view
from tenants.gate.places import tenant_facts
from tenants.gate.resolve import Standing, standing_of, standing_of_member
from tenants.gate.secrets import Credential, JobTicket
from tenants.gate.tickets import read_ticket
from tenants.gate.tokens import token_signer
from tenants.keys.keyring import TenantKeyring
from tenants.neutrality.verdict import Outcome
from tenants.values import TenantState

PLATFORM_ACTOR = uuid5(NAMESPACE_URL, "ringfence:platform")
"""Stands for the platform itself in logs: seeding, sweeps and checks that no member asked for."""

P = Permission
_SETUP = frozenset({P.TENANT_VIEW, P.TENANT_SETUP, P.TENANT_STATE, P.KEY_VIEW, P.MEMBER_LIST, P.MEMBER_INVITE,
                    P.MEMBER_MANAGE, P.AUDIT_VIEW, P.AUDIT_EXPORT})  # fmt: skip
_READ = frozenset({P.TENANT_VIEW, P.TENANT_STATE, P.TENANT_CLOSE, P.KEY_VIEW, P.MEMBER_LIST,
                   P.AUDIT_VIEW, P.AUDIT_EXPORT,
                   P.ISOLATION_VIEW, P.ISOLATION_RUN, P.PROJECT_LIST, P.NEUTRALITY_VIEW,
                   P.NEUTRALITY_ATTEST, P.SUPPORT_VIEW, P.SUPPORT_DECIDE, P.SUPPORT_END})  # fmt: skip
# What still works in each state; the page of each state says it in words.
WORKS: Mapping[str, frozenset[Permission]] = {
    TenantState.SETTING_UP: _SETUP,
    TenantState.ACTIVE: frozenset(Permission),
    TenantState.SUSPENDED: _READ,
    TenantState.LEAVING: _READ | {P.EXPORT_CREATE, P.EXPORT_DOWNLOAD, P.ITEM_READ},
    TenantState.DESTROYED: frozenset(),
}


def enter(
    credential: Credential,
    tenant: str,
    purpose: Purpose = Purpose.WORK,
    *,
    job: str = "",
    audience: dict[str, str] | None = None,
) -> TenantContext:
    """Return the context of whoever holds `credential` in the tenant with public id `tenant`.

    Raises:
        NotSignedIn: no credential, or one that has ended.
        NotFound: no such tenant, or not theirs; the two are alike.
        SwitchNeeded, SecondFactorNeeded, DeclarationNeeded, CommitmentNeeded: the visitor is one step away.
        Excluded: the tenant's neutrality verdict on this member is not allow.
        WorkspaceClosed: the tenant is destroyed.
        TicketVoid: a job ticket that no longer holds.
    """
    if isinstance(credential, JobTicket):
        return _enter_by_ticket(credential, tenant, job)
    if credential is None:
        raise NotSignedIn
    try:
        standing = standing_of(credential, tenant)
    except LookupError as ended:
        raise NotSignedIn from ended
    if standing is None or standing.over:
        raise NotFound
    held = credential

    def again() -> Standing | None:
        try:
            return standing_of(held, tenant)
        except LookupError:
            return None

    try:
        _refuse(standing)
    except Excluded as excluded:
        barred = replace(standing, permissions=frozenset())
        excluded.context = _context(barred, Purpose.REFUSAL, again, audience or {})
        raise
    return _context(standing, purpose, again, audience or {})


def why_missing(context: TenantContext, permission: Permission) -> RingfenceError:
    """Return why a context lacks a permission: the tenant's state stands in the way, or the role does."""
    if context.role is not None and permission in GRANTS[context.role]:
        state, _ = tenant_facts(context.tenant_id)
        if permission not in WORKS[state]:
            return NotNow(state)
    return PermissionMissing(permission)


def _enter_by_ticket(ticket: JobTicket, tenant: str, job: str) -> TenantContext:
    fields = read_ticket(ticket, job=job)
    member_id = UUID(str(fields["a"]))
    standing = standing_of_member(member_id)
    if standing is None or standing.over or standing.epoch != fields["e"] or standing.public_id != tenant:
        raise TicketVoid
    _refuse(standing)
    return _context(standing, Purpose.JOB, lambda: standing_of_member(member_id), {})


def _refuse(standing: Standing) -> None:
    # First of all: nothing can be recorded of any other refusal, since the log takes no events.
    if standing.tenant_state == TenantState.DESTROYED:
        raise WorkspaceClosed
    if not standing.verdict and not standing.declaration_owed:
        raise Excluded(standing.verdict.path, in_review=standing.verdict.outcome is Outcome.REVIEW)
    visits = standing.ends_at is not None
    if visits and standing.tenant_state != TenantState.ACTIVE:
        raise NotNow(standing.tenant_state)
    if not standing.here:
        raise SwitchNeeded
    if standing.second_factor_wanted and not standing.second_factor:
        raise SecondFactorNeeded
    if standing.declaration_owed:
        raise DeclarationNeeded
    if standing.commitment_owed:
        raise CommitmentNeeded


def _context(
    standing: Standing, purpose: Purpose, again: Callable[[], Standing | None], audience: dict[str, str]
) -> TenantContext:
    def recheck() -> None:
        """Raise unless the same access still stands; streams and long jobs ask between units."""
        now = again()
        if now is None or now.over or now.epoch != standing.epoch:
            raise NotSignedIn
        _refuse(now)

    return TenantContext(
        tenant_id=standing.tenant_id,
        public_id=standing.public_id,
        actor_id=standing.member_id,
        role=standing.role,
        permissions=standing.permissions & WORKS[standing.tenant_state],
        purpose=purpose,
        epoch=standing.epoch,
        keyring=TenantKeyring(standing.tenant_id),
        token_for=token_signer(standing.tenant_id, standing.member_id, purpose, standing.epoch),
        recheck=recheck,
        before_view=partial(note_view, standing.tenant_id, standing.person_id),
        audience=audience,
        ends_at=standing.ends_at,
    )
