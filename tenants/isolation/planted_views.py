"""Pages as a careless developer would write them: what PE-01 and PE-07 must find."""

import hashlib
from uuid import UUID

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from tenants.models import Member

ROUNDS = 60_000
"""Work of some twenty milliseconds, as of a page that renders something before it asks whose it is."""


class Reads(TenantPage):
    """Reads a row by its id and asks for nothing else."""

    requires = Permission.TENANT_VIEW

    def get(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        """Answer with the row."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, tenant_id FROM tenants_member WHERE id = %s", [member_id])
            row = cursor.fetchone()
        if row is None:
            raise NotFound("member")
        return JsonResponse({"id": row[0], "workspace": row[1]})


class Writes(TenantPage):
    """Changes a row by its id and asks for nothing else."""

    requires = Permission.TENANT_VIEW

    def post(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        """Change the row."""
        with connection.cursor() as cursor:
            cursor.execute("UPDATE tenants_member SET is_active = NOT is_active WHERE id = %s", [member_id])
        return JsonResponse({"changed": True})


def exists_anywhere(member_id: UUID) -> bool:
    """Say whether any workspace has this member, as far as the policies let through."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM tenants_member WHERE id = %s", [member_id])
        return cursor.fetchone() is not None


class AsksEarly(TenantPage):
    """Says 404 to a rival in other words than to a stranger."""

    requires = Permission.TENANT_VIEW

    def get(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        """Answer only for one's own member, but not alike for absent and foreign ones."""
        if exists_anywhere(member_id) and not Member.objects.filter(id=member_id).exists():
            return HttpResponse("This member is not yours.", status=404)
        if not Member.objects.filter(id=member_id).exists():
            raise NotFound("member")
        return HttpResponse("yours")


class WorksFirst(TenantPage):
    """Works on a row before it asks whose it is."""

    requires = Permission.TENANT_VIEW

    def get(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        """Answer alike for absent and foreign ones, but sooner for absent ones."""
        if exists_anywhere(member_id):
            hashlib.pbkdf2_hmac("sha256", member_id.bytes, b"planted", ROUNDS)
        if not Member.objects.filter(id=member_id).exists():
            raise NotFound("member")
        return HttpResponse("yours")
