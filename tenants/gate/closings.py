"""Closing a workspace for good, at the gate: whose word it takes, how long it waits, and how far it has come.

One stolen session is not enough: where there are two owners it takes two, a time passes in which every owner can
withdraw it, and every owner has been told by mail.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ringfence.kernel.database import control_database
from ringfence.kernel.errors import NotFound
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Role
from tenants.gate.ending import end_access
from tenants.gate.errors import ClosingRefused
from tenants.gate.resolve import forget
from tenants.people.models import Closing, Membership, Tenant
from tenants.values import TenantKind, TenantState

RIPE_FOR = timedelta(days=30)
"""How long after its waiting time a closing can be carried out: nobody finds one of last year."""


@dataclass(frozen=True, slots=True)
class KnownClosing:
    """A closing that is under way."""

    id: UUID
    tenant_id: UUID
    asked_by: UUID
    asked_at: datetime
    confirmed_by: UUID | None
    needed: int
    words: tuple[UUID, ...]
    """Member ids of those who said so and are owners today."""
    opens_at: datetime
    lapses_at: datetime
    begun_by: UUID | None
    begun_at: datetime | None
    keys_destroyed_at: datetime | None

    @property
    def lapsed(self) -> bool:
        """Whether nobody carried it out in time."""
        return self.begun_at is None and timezone.now() >= self.lapses_at

    @property
    def waits(self) -> bool:
        """Whether its waiting time still runs."""
        return timezone.now() < self.opens_at

    @property
    def ripe(self) -> bool:
        """Whether it can be carried out now."""
        return len(self.words) >= self.needed and self.opens_at <= timezone.now() and not self.lapsed


def closing_of(tenant_id: UUID) -> KnownClosing | None:
    """Return the closing under way; a tenant has one at most."""
    with control_database():
        row = Closing.objects.filter(tenant_id=tenant_id, withdrawn_at=None).first()
        return None if row is None else known_closing(row)


@contextmanager
def asking_to_close(tenant_id: UUID, *, member: UUID) -> Iterator[KnownClosing]:
    """Begin the waiting time; kept when the block, in which it is told and recorded, has ended well.

    Raises `ClosingRefused` where one is under way, and for workspaces of the platform's own.
    """
    now = timezone.now()
    with _locked(tenant_id) as owners:
        _refuse_unfit(tenant_id)
        Closing.objects.filter(
            tenant_id=tenant_id, withdrawn_at=None, begun_at=None, lapses_at__lte=now
        ).update(withdrawn_at=now)
        if Closing.objects.filter(tenant_id=tenant_id, withdrawn_at=None).exists():
            raise ClosingRefused("This workspace is being closed already. Its page says what is missing.")
        if member not in owners:
            raise ClosingRefused("Owners close a workspace; nobody else does.")
        opens_at = now + timedelta(seconds=settings.CLOSING_WAIT_SECONDS)
        row = Closing.objects.create(
            id=uuid7(),
            tenant_id=tenant_id,
            asked_by=member,
            asked_at=now,
            needed=min(2, len(owners)),
            opens_at=opens_at,
            lapses_at=opens_at + RIPE_FOR,
        )
        yield known_closing(row)


@contextmanager
def confirming_closing(tenant_id: UUID, *, closing_id: UUID, member: UUID) -> Iterator[KnownClosing]:
    """Keep a second owner's word when the block has ended well. Raises `NotFound`, `ClosingRefused`."""
    with _locked(tenant_id) as owners:
        row = _find(tenant_id, closing_id)
        if member not in owners:
            raise ClosingRefused("Owners confirm a closing; nobody else does.")
        if member == row.asked_by:
            raise ClosingRefused("You asked for it yourself. Another owner has to confirm it.")
        row.confirmed_by, row.confirmed_at = member, timezone.now()
        row.save(update_fields=["confirmed_by", "confirmed_at"])
        yield known_closing(row)


@contextmanager
def withdrawing_closing(tenant_id: UUID, *, closing_id: UUID, member: UUID) -> Iterator[KnownClosing]:
    """End a closing when the block has ended well; nothing has happened then. Raises `NotFound`, `ClosingRefused`."""
    with _locked(tenant_id) as owners:
        row = _find(tenant_id, closing_id)
        if member not in owners:
            raise ClosingRefused("Owners withdraw a closing; nobody else does.")
        row.withdrawn_at, row.withdrawn_by = timezone.now(), member
        row.save(update_fields=["withdrawn_at", "withdrawn_by"])
        yield known_closing(row)


@contextmanager
def beginning_closing(tenant_id: UUID, *, closing_id: UUID, member: UUID) -> Iterator[KnownClosing]:
    """Shut every door for good when the block has ended well: from here on nobody can withdraw it.

    Raises `NotFound`, and `ClosingRefused` before its time, after it, or without enough owners.
    """
    with _locked(tenant_id) as owners:
        _refuse_unfit(tenant_id)
        row = _find(tenant_id, closing_id)
        known = known_closing(row)
        if member not in owners:
            raise ClosingRefused("Owners close a workspace; nobody else does.")
        if known.lapsed:
            raise ClosingRefused("Nobody carried it out in time. Ask anew; the waiting time runs again.")
        if timezone.now() < row.opens_at:
            raise ClosingRefused("The waiting time has not passed.")
        if len(known.words) < known.needed:
            raise ClosingRefused(
                f"{known.needed} owners must say so; {len(known.words)} of today's owners did."
            )
        row.begun_at, row.begun_by = timezone.now(), member
        row.save(update_fields=["begun_at", "begun_by"])
        Tenant.objects.filter(id=tenant_id).update(state=TenantState.DESTROYED)
        end_access(tenant_id)
        yield known_closing(row)
    forget()


def owners_of(tenant_id: UUID) -> list[UUID]:
    """Return the person ids of a tenant's owners, for mails to them."""
    with control_database():
        rows = Membership.objects.filter(tenant_id=tenant_id, role=Role.OWNER, ended_at=None)
        return list(rows.order_by("created_at").values_list("person_id", flat=True))


@contextmanager
def _locked(tenant_id: UUID) -> Iterator[frozenset[UUID]]:
    """Hold the tenant's row, as a change of roles does, and yield its owners' member ids."""
    with control_database(), transaction.atomic(using="control"):
        Tenant.objects.select_for_update().get(id=tenant_id)
        yield _owners(tenant_id)


def _refuse_unfit(tenant_id: UUID) -> None:
    tenant = Tenant.objects.get(id=tenant_id)
    if tenant.kind != TenantKind.CUSTOMER:
        raise ClosingRefused("This is a workspace of the platform itself. It is not closed by a page.")
    if tenant.state == TenantState.SETTING_UP:
        raise ClosingRefused("Finish the first run first, or write to the operator: nothing is stored here.")


def _find(tenant_id: UUID, closing_id: UUID) -> Closing:
    row: Closing | None = Closing.objects.filter(
        id=closing_id, tenant_id=tenant_id, withdrawn_at=None, begun_at=None
    ).first()
    if row is None:
        raise NotFound("closing under way")
    return row


def _owners(tenant_id: UUID) -> frozenset[UUID]:
    rows = Membership.objects.filter(tenant_id=tenant_id, role=Role.OWNER, ended_at=None)
    return frozenset(rows.values_list("member_id", flat=True))


def known_closing(row: Closing) -> KnownClosing:
    """Return a row's facts, with the control database open.

    Only the words of people who are owners today count, and a second owner of today is not passed over.
    """
    owners = _owners(row.tenant_id)
    said = [each for each in (row.asked_by, row.confirmed_by) if each is not None and each in owners]
    return KnownClosing(
        row.id, row.tenant_id, row.asked_by, row.asked_at, row.confirmed_by,
        max(row.needed, min(2, len(owners))), tuple(said), row.opens_at, row.lapses_at,
        row.begun_by, row.begun_at, row.keys_destroyed_at,
    )  # fmt: skip
