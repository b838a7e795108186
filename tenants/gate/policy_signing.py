"""From a draft to the policy in force: put up for signature with its time, signed by enough admins, withdrawn.

What is signed names the version that it replaces, so two policies that land at once cannot undo each other: the
second one's signatures no longer fit, and its people are told to look again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from ringfence.kernel.database import control_database
from ringfence.kernel.errors import NotFound
from ringfence.kernel.ids import uuid7
from tenants.gate.admin_keys import KnownKey, entitled, entitled_by, signing_lock
from tenants.gate.errors import SigningRefused
from tenants.gate.policies import Kept, newest_signed, version_of
from tenants.gate.registry import known
from tenants.gate.resolve import forget
from tenants.neutrality.signatures import (
    NEEDED_SIGNERS,
    PolicyRequest,
    SignatureRefused,
    Signed,
    check_signature,
    counted,
)
from tenants.people.models import AdminKey, PolicySignature, PolicyVersion, Tenant

SIGN_WITHIN = timedelta(days=14)
"""A proposal that nobody finished by then is drafted again: what it was reviewed against has grown old."""
LONGEST_NOTICE = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class ShownSignature:
    """One signature of a version, verified when it was read."""

    key: KnownKey
    signed_at: datetime
    holds: bool
    """Whether the signature fits the bytes that the version has now."""
    counts: bool
    """Whether it is also of somebody whose word counts today."""


def withdraw_draft(tenant_id: UUID, *, version: int, announce: Callable[[Kept], None]) -> None:
    """Take a draft back. Raises `NotFound`, `SigningRefused` for a signed version."""
    with signing_lock(tenant_id):
        kept = _draft(tenant_id, version)
        PolicyVersion.objects.filter(id=kept.id).update(withdrawn_at=timezone.now())
        announce(kept)
    forget()


def propose_policy(
    tenant_id: UUID, *, version: int, not_before: datetime | None, announce: Callable[[Kept], None]
) -> Kept:
    """Put a draft up for signature; from here on its time and what it replaces are fixed.

    `not_before` None: it rules from the last signature on. Raises `NotFound`, `SigningRefused`.
    """
    now = timezone.now().replace(microsecond=0)
    with signing_lock(tenant_id):
        kept = _draft(tenant_id, version)
        if kept.proposed_at is not None:
            raise SigningRefused("This version is up for signature already.")
        if not_before is not None and not_before < now:
            raise SigningRefused("A policy cannot begin in the past. Choose a time that is still to come.")
        if not_before is not None and not_before > now + LONGEST_NOTICE:
            raise SigningRefused("A policy begins within a year. Choose an earlier time.")
        if len(entitled(tenant_id)) < NEEDED_SIGNERS:
            raise SigningRefused(
                f"{NEEDED_SIGNERS} admins need an active key before a policy can be signed. Make yours first."
            )
        _check_parties(kept)
        before = _check_order(tenant_id, kept)
        PolicyVersion.objects.filter(id=kept.id).update(
            proposed_at=now,
            not_before=(not_before or now).replace(microsecond=0),
            replaces=None if before is None else before.digest,
        )
        kept = _draft(tenant_id, version)
        announce(kept)
        return kept


def sign_policy(
    tenant_id: UUID,
    *,
    version: int,
    public: bytes,
    signature: bytes,
    announce: Callable[[Kept, KnownKey], None],
) -> Kept:
    """Keep one signature; with enough of them the version is signed, and rules from its time on.

    `announce` gets the version as it is afterwards. Raises `NotFound`, `SigningRefused`.
    """
    with signing_lock(tenant_id) as public_id:
        now = timezone.now()
        kept = _draft(tenant_id, version)
        if kept.proposed_at is None or now > kept.proposed_at + SIGN_WITHIN:
            raise SigningRefused(
                "This version is not up for signature, or has been for too long. Draft it again."
            )
        _check_order(tenant_id, kept)
        _check_parties(kept)
        key = entitled_by(tenant_id, public)
        request = request_of(public_id, kept)
        try:
            check_signature(request, key.public, signature)
        except SignatureRefused as refused:
            raise SigningRefused(str(refused)) from refused
        if PolicySignature.objects.filter(policy_id=kept.id, key_id=key.id).exists():
            raise SigningRefused("This key has signed this version already; now another admin signs.")
        PolicySignature.objects.create(
            id=uuid7(), policy_id=kept.id, key_id=key.id, signature=signature, signed_at=now
        )
        signers = counted(request, _signed(kept.id), entitled=entitled(tenant_id).keys())
        if len(signers) >= NEEDED_SIGNERS:
            PolicyVersion.objects.filter(id=kept.id).update(
                signed_at=now, effective_from=max(now, kept.not_before or now)
            )
        after = version_of(tenant_id, version)
        if after is None:
            raise NotFound("version")
        announce(after, key)
    forget()
    return after


def request_of(public_id: str, kept: Kept) -> PolicyRequest:
    """Return what the signers of a proposed version sign. Raises LookupError before it is proposed."""
    if kept.not_before is None:
        raise LookupError("not up for signature")
    return PolicyRequest(public_id, kept.version, kept.policy.digest, kept.replaces, kept.not_before)


def public_id_of(tenant_id: UUID) -> str:
    """Return the id by which a tenant stands in addresses and messages."""
    with control_database():
        return Tenant.objects.values_list("public_id", flat=True).get(id=tenant_id)


def signatures_of(tenant_id: UUID, kept: Kept, keys: list[KnownKey]) -> list[ShownSignature]:
    """Return a version's signatures, oldest first, each verified now over the document as it is kept now."""
    if kept.not_before is None:
        return []
    request = request_of(public_id_of(tenant_id), kept)
    by_id = {key.id: key for key in keys}
    able = entitled(tenant_id)
    found = []
    with control_database():
        rows = list(PolicySignature.objects.filter(policy_id=kept.id).order_by("signed_at", "id"))
    for row in rows:
        key = by_id[row.key_id]
        try:
            check_signature(request, key.public, bytes(row.signature))
            holds = kept.policy.digest == kept.digest
        except SignatureRefused:
            holds = False
        at_the_time = key.active_from is not None and key.active_from <= row.signed_at
        found.append(
            ShownSignature(key, row.signed_at, holds and at_the_time, holds and key.member_id in able)
        )
    return found


def _signed(policy_id: UUID) -> list[Signed]:
    rows = PolicySignature.objects.filter(policy_id=policy_id).values_list("key_id", "signature")
    keys = {key.id: key for key in AdminKey.objects.filter(id__in=[key_id for key_id, _ in rows])}
    return [
        Signed(keys[key_id].member_id, bytes(keys[key_id].public), bytes(signature))
        for key_id, signature in rows
        if keys[key_id].ended_at is None
    ]


def _draft(tenant_id: UUID, version: int) -> Kept:
    kept = version_of(tenant_id, version)
    if kept is None:
        raise NotFound("version")
    if kept.signed_at is not None:
        raise SigningRefused("This version is signed already. A change is a new version.")
    if kept.withdrawn_at is not None:
        raise SigningRefused("This version was withdrawn. Draft it again.")
    return kept


def _check_order(tenant_id: UUID, kept: Kept) -> Kept | None:
    """Return what is replaced. Raises `SigningRefused` when another version was signed in the meantime."""
    before = newest_signed(tenant_id)
    if before is not None and before.version > kept.version:
        raise SigningRefused(
            f"Version {before.version} was signed in the meantime and is newer. It stands; this one is kept as a"
            " draft. Draft it again from what is signed now, and review the difference."
        )
    if kept.proposed_at is not None and kept.replaces != (None if before is None else before.digest):
        raise SigningRefused(
            "Another version was signed since this one was put up for signature. That one stands; this one is kept"
            " as a draft. Draft it again from what is signed now, and review the difference."
        )
    return before


def _check_parties(kept: Kept) -> None:
    unknown = kept.policy.excluded - known().parties.keys()
    if unknown:
        raise SigningRefused(
            f"The registry does not know {len(unknown)} of the excluded parties ({min(unknown)}). A policy that keeps"
            " somebody away whom nobody can find keeps nobody away; have them registered first."
        )
