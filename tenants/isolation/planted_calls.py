"""Pages of plants that let something out. The check's own watch and basket catch it before a byte leaves."""

import logging
import socket
from contextlib import suppress
from typing import ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage

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
