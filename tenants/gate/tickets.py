"""Job tickets: what a message carries in place of an identity. Signed here, asked again when the job starts."""

import base64
import hmac
import json
import time
from hashlib import sha256
from uuid import UUID

from django.conf import settings

from ringfence.kernel.context import TenantContext
from tenants.gate.errors import TicketVoid
from tenants.gate.secrets import JobTicket

TICKET_SECONDS = 24 * 3600


def sign_ticket(context: TenantContext, *, job: str, subject_id: UUID) -> JobTicket:
    """Return a ticket for `job` on one object, on behalf of the acting member. Holds ids only."""
    body = json.dumps(
        {
            "t": context.tenant_id.hex,
            "p": context.public_id,
            "a": context.actor_id.hex,
            "e": context.epoch,
            "j": job,
            "s": subject_id.hex,
            "x": int(time.time()) + TICKET_SECONDS,
        },
        separators=(",", ":"),
    ).encode()
    return JobTicket(base64.urlsafe_b64encode(body).decode() + "." + _code(body))


def read_ticket(ticket: JobTicket, *, job: str) -> dict[str, str | int]:
    """Return the fields of a ticket. Raises `TicketVoid` when it is forged, expired or for another job."""
    try:
        text, code = ticket.value.split(".")
        body = base64.urlsafe_b64decode(text)
    except ValueError as malformed:
        raise TicketVoid from malformed
    if not hmac.compare_digest(code, _code(body)):
        raise TicketVoid
    fields: dict[str, str | int] = json.loads(body)
    if fields["j"] != job or int(fields["x"]) < time.time():
        raise TicketVoid
    return fields


def _code(body: bytes) -> str:
    key = hmac.digest(settings.SECRET_KEY.encode(), b"ringfence job ticket", sha256)
    return hmac.digest(key, body, sha256).hex()
