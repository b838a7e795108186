"""Asks the signer for attestations of a real log."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from audit.attestation import Attestation, LogState, Period, Population
from audit.services.request_attestation import request_attestation
from audit.services.stored_log import newest_checkpoint, the_log
from audit.values import Receipt
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Purpose
from tests.unit.audit.attesting import attestation
from tests.world import Workspace


def statement(workspace: Workspace, **changes: Any) -> Attestation:
    """Return a sound statement about the workspace's log as it is signed now. Inside no unit of work."""
    now = timezone.now().replace(microsecond=0)
    with acting(workspace.service(Purpose.JOB)):
        signed, origin = newest_checkpoint(), the_log().origin
    sound: dict[str, Any] = {
        "log": LogState(origin=origin, size=signed.size, root=signed.root),
        "period": Period(start=now - timedelta(days=90), end=now),
        "issued": now,
        "expires": now + timedelta(days=90),
        "population": Population(accesses=1, actors=1, destinations=0, subprocessors=0, decisions=1),
    }
    return attestation(**sound | changes)


def ask(workspace: Workspace, said: Attestation) -> Receipt:
    """Ask for it, as a service does."""
    context = workspace.service(Purpose.JOB)
    with acting(context):
        return request_attestation(context, said, object_id=uuid4())
