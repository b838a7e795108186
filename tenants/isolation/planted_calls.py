"""Pages of plants that let something out. The check's own watch and basket catch it before a byte leaves."""

import hashlib
import logging
import socket
from contextlib import suppress
from typing import ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from audit.services.deliver import deliver
from audit.verbs import Verb
from ringfence.kernel.context import current
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from tenants.models import OperatorConflict

UNLISTED = "192.0.2.1"
"""An address for documentation (RFC 5737): nobody has it."""


class Reaches(TenantPage):
    """Tells somebody else of each request before it answers."""

    requires = Permission.TENANT_VIEW

    def get(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        """Answer, after the call."""
        # As careless code would: whatever comes of it.
        with suppress(OSError):
            socket.create_connection((UNLISTED, 443), timeout=1).close()
        return HttpResponse("shown")


class Tells(TenantPage):
    """Writes `text` into the program's log before it answers."""

    requires = Permission.TENANT_VIEW
    text: ClassVar[str] = ""

    def get(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        """Answer, after the line in the log."""
        logging.getLogger("ringfence.planted").warning("shown: %s", self.text)
        return HttpResponse("shown")


class Quotes(TenantPage):
    """Fails, and says on what."""

    requires = Permission.TENANT_VIEW
    text: ClassVar[str] = ""

    def get(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        """Answer with an error that quotes `text`."""
        return HttpResponse(f"could not read {self.text}", status=500)


def _opened() -> bytes:
    row = OperatorConflict.objects.all()[0]
    return current().context.keyring.open(bytes(row.statement), field=OperatorConflict.statement, row=row.id)


class ShowsUntold(TenantPage):
    """Shows what is sealed, and tells nobody."""

    requires = Permission.TENANT_VIEW

    def get(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        """Answer with the text."""
        return HttpResponse(_opened())


class Misnames(TenantPage):
    """Shows what is sealed, and tells the log that it showed something else."""

    requires = Permission.TENANT_VIEW

    def get(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        """Answer with the text, after an event about the member."""
        text = _opened()
        objects = [(member_id, hashlib.sha256(text).digest())]
        deliver(current().context, Verb.MEMBERS_DELIVERED, object_kind="member", objects=objects)
        return HttpResponse(text)
