"""The way back from lost keys: owners approve, a time passes in which everybody sees it, any active key can stop it.

A majority of the owners approves, and 7 days pass: as long as somebody may be away without looking. Where there is
one owner there is no second word, so 14 days pass. Both are fixed: a setting would be the first thing to attack.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from ringfence.kernel.database import control_database
from ringfence.kernel.errors import NotFound
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Role
from tenants.gate.admin_keys import LOST, activate, entitled_by, signing_lock, waiting_key
from tenants.gate.errors import SigningRefused
from tenants.neutrality.signatures import SignatureRefused, StopRequest, check_signature
from tenants.people.models import AdminKey, KeyRecovery, KeyRecoveryApproval, Membership

WAITING = timedelta(days=7)
WAITING_ALONE = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Recovery:
    """A recovery under way."""

    id: UUID
    member_id: UUID
    key_id: UUID
    public: bytes
    asked_by: UUID
    asked_at: datetime
    needed: int
    approved_by: tuple[UUID, ...]
    opens_at: datetime

    @property
    def may_finish(self) -> bool:
        """Whether enough owners approved and the time has passed."""
        return len(self.approved_by) >= self.needed and timezone.now() >= self.opens_at


def open_recovery(tenant_id: UUID) -> Recovery | None:
    """Return the recovery under way; a tenant has one at most."""
    with control_database():
        row = _open(tenant_id).first()
        return None if row is None else _told(row)


def ask_recovery(
    tenant_id: UUID, *, key_id: UUID, asked_by: UUID, announce: Callable[[Recovery], None]
) -> Recovery:
    """Begin the way back for one's own waiting key. Raises `NotFound`, `SigningRefused`."""
    now = timezone.now()
    with signing_lock(tenant_id):
        key = waiting_key(tenant_id, key_id)
        if key.member_id != asked_by:
            raise NotFound("key that waits")
        if _open(tenant_id).exists():
            raise SigningRefused("A recovery is under way already. It ends before another begins.")
        owners = len(_owners(tenant_id))
        row = KeyRecovery.objects.create(
            id=uuid7(),
            tenant_id=tenant_id,
            new_key=key,
            lost_key=AdminKey.objects.filter(
                tenant_id=tenant_id, member_id=asked_by, active_from__isnull=False, ended_at=None
            ).first(),
            asked_by=asked_by,
            asked_at=now,
            needed=owners // 2 + 1,
            opens_at=now + (WAITING_ALONE if owners == 1 else WAITING),
        )
        announce(_told(row))
        return _told(row)


def approve_recovery(
    tenant_id: UUID, *, recovery_id: UUID, owner: UUID, announce: Callable[[Recovery], None]
) -> Recovery:
    """Keep one owner's word. Raises `NotFound`, `SigningRefused`."""
    with signing_lock(tenant_id):
        row = _find(tenant_id, recovery_id)
        if owner not in _owners(tenant_id):
            raise SigningRefused("Owners approve a recovery; nobody else does.")
        if KeyRecoveryApproval.objects.filter(recovery=row, member_id=owner).exists():
            raise SigningRefused("You have approved this recovery already.")
        KeyRecoveryApproval.objects.create(
            id=uuid7(), recovery=row, member_id=owner, approved_at=timezone.now()
        )
        announce(_told(row))
        return _told(row)


def stop_recovery(
    tenant_id: UUID,
    *,
    recovery_id: UUID,
    public: bytes,
    signature: bytes,
    announce: Callable[[Recovery], None],
) -> None:
    """Stop a recovery by the signature of a key that counts; its new key ends. Raises `NotFound`, `SigningRefused`."""
    now = timezone.now()
    with signing_lock(tenant_id) as public_id:
        row = _find(tenant_id, recovery_id)
        by = entitled_by(tenant_id, public)
        try:
            check_signature(StopRequest(public_id, row.id, by.public), by.public, signature)
        except SignatureRefused as refused:
            raise SigningRefused(str(refused)) from refused
        row.stopped_at, row.stopped_with_id, row.stop_signature = now, by.id, signature
        row.save(update_fields=["stopped_at", "stopped_with", "stop_signature"])
        AdminKey.objects.filter(id=row.new_key_id, active_from=None).update(ended_at=now, ended_because=LOST)
        announce(_told(row))


def finish_recovery(tenant_id: UUID, *, recovery_id: UUID, announce: Callable[[Recovery], None]) -> None:
    """Make the new key active. Raises `NotFound`, `SigningRefused` before its time or without enough owners."""
    with signing_lock(tenant_id):
        row = _find(tenant_id, recovery_id)
        told = _told(row)
        if timezone.now() < row.opens_at:
            raise SigningRefused("The waiting time has not passed.")
        if not told.may_finish:
            raise SigningRefused(f"{row.needed} owners must approve; {len(told.approved_by)} have.")
        activate(waiting_key(tenant_id, row.new_key_id), because=LOST)
        row.done_at = timezone.now()
        row.save(update_fields=["done_at"])
        announce(told)


def _open(tenant_id: UUID):  # type: ignore[no-untyped-def]  # a query set of its own making
    return KeyRecovery.objects.select_related("new_key").filter(
        tenant_id=tenant_id, done_at=None, stopped_at=None
    )


def _find(tenant_id: UUID, recovery_id: UUID) -> KeyRecovery:
    row: KeyRecovery | None = _open(tenant_id).filter(id=recovery_id).first()
    if row is None:
        raise NotFound("recovery under way")
    return row


def _owners(tenant_id: UUID) -> frozenset[UUID]:
    rows = Membership.objects.filter(tenant_id=tenant_id, role=Role.OWNER, ended_at=None)
    return frozenset(rows.values_list("member_id", flat=True))


def _told(row: KeyRecovery) -> Recovery:
    """Only the words of people who are owners today count."""
    approvals = KeyRecoveryApproval.objects.filter(recovery=row).values_list("member_id", flat=True)
    counted = tuple(sorted(set(approvals) & _owners(row.tenant_id)))
    return Recovery(
        row.id, row.new_key.member_id, row.new_key_id, bytes(row.new_key.public), row.asked_by,
        row.asked_at, row.needed, counted, row.opens_at,
    )  # fmt: skip
