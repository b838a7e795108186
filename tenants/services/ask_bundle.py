"""Asks for a proof bundle that a worker makes: a row that waits, and a message that wakes a worker."""

from uuid import UUID

from celery import current_app
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from audit.services.errors import BundleRefused
from audit.services.plan_bundle import older_checkpoint
from audit.services.record import record
from audit.services.select_events import Selection
from audit.services.stored_log import newest_checkpoint
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Permission
from tenants.bundles import BUNDLE_JOB, BUNDLE_TASK, GONE, MOST_KEPT, selection_to_bytes
from tenants.gate.tickets import sign_ticket
from tenants.models import BundleJob


def ask_bundle(context: TenantContext, *, from_size: int = 0, selection: Selection | None = None) -> UUID:
    """Return the id of a bundle that a worker makes of the log as it is signed then. Opens its own unit.

    `from_size` and `selection` are as `audit.services.plan_bundle` takes them. Raises `BundleRefused` for what that
    refuses and can be known now, and where the workspace keeps 10 bundles already; `LogNotSigned`.
    """
    context.require(Permission.AUDIT_EXPORT)
    bundle_id = uuid7()
    with acting(context):
        older_checkpoint(from_size, newest_checkpoint(), whole=selection is None)
        if BundleJob.objects.exclude(state__in=GONE).count() >= MOST_KEPT:
            raise BundleRefused(
                f"This workspace keeps {MOST_KEPT} bundles already. Remove one, and ask again."
            )
        ticket = sign_ticket(context, job=BUNDLE_JOB, subject_id=bundle_id).value
        seal = context.keyring.seal
        chosen = None
        if selection is not None:
            encoded = selection_to_bytes(selection)
            chosen = seal(encoded, field=BundleJob.selection, row=bundle_id)
        BundleJob.objects.create(
            id=bundle_id,
            asked_by_id=context.actor_id,
            asked_at=timezone.now(),
            from_size=from_size,
            selection=chosen,
            ticket=seal(ticket.encode(), field=BundleJob.ticket, row=bundle_id),
        )
        record(
            context,
            Verb.BUNDLE_ASKED,
            object_kind="bundle",
            object_id=bundle_id,
            detail={"from_size": from_size, **({} if selection is None else {"selected": selection.detail})},
        )
        transaction.on_commit(lambda: wake_bundle_worker(context.public_id, bundle_id, ticket))
    return bundle_id


def wake_bundle_worker(tenant: str, bundle_id: UUID, ticket: str) -> bool:
    """Send the message; return False when the broker does not answer, which loses nothing."""
    try:
        current_app.send_task(
            BUNDLE_TASK,
            kwargs={"tenant": tenant, "bundle_id": str(bundle_id), "ticket": ticket},
            retry=False,
        )
    except (OperationalError, OSError):
        return False
    return True
