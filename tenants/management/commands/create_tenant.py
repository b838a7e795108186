"""`manage.py create_tenant`: a workspace with its keys and log, and a mail that invites its owner."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.verbs import Verb
from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Purpose, Role
from tenants.gate.places import has_operator
from tenants.gate.service import tenant_context
from tenants.services.create_tenant import create_tenant
from tenants.services.invite_member import invite_member
from tenants.services.platform_log import note
from tenants.values import TenantKind


class Command(BaseCommand):
    """Create a tenant; the operator's own comes first, since its log is the platform log."""

    help = "Create a workspace and invite its owner by mail. Run it in the web process's environment."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take name, code name, owner and kind."""
        parser.add_argument("--name", required=True, help="the customer's name; sealed")
        parser.add_argument(
            "--code-name", required=True, help="what labelers see instead of the name; sealed"
        )
        parser.add_argument("--owner-email", required=True)
        parser.add_argument(
            "--operator", action="store_true", help="the operator's own workspace; once, and first"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Create, then invite. If only the mail fails, the tenant stands and the line says what to do."""
        operator: bool = options["operator"]
        if operator and has_operator():
            raise CommandError("the operator's workspace exists already; there is one")
        if not operator and not has_operator():
            raise CommandError("create the operator's workspace first: add --operator")
        kind = TenantKind.OPERATOR if operator else TenantKind.CUSTOMER
        made = create_tenant(name=options["name"], code_name=options["code_name"], kind=kind)
        note(Verb.OPERATOR_ACTED, detail={"what": "workspace created", "tenant": made.public_id})
        address = f"{settings.BASE_URL}/w/{made.public_id}/"
        try:
            invite_member(
                tenant_context(made.tenant_id, Purpose.SETUP), email=options["owner_email"], role=Role.OWNER
            )
        except RingfenceError as refusal:
            raise CommandError(f"{address} is made, but its owner is not invited: {refusal}") from refusal
        self.stdout.write(f"{address} is made; an invitation is on its way to its owner")
