"""A visit of the operator's support: who asks, who decides, and what their workspaces show."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pyotp
from django.test import RequestFactory
from django.utils import timezone

from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.database import control_database
from ringfence.kernel.permissions import Role
from tenants.gate.enter import enter
from tenants.gate.second_factor import accept_second_factor, offer_second_factor
from tenants.gate.secrets import SessionSecret
from tenants.gate.sessions import mint_session, visitor_of
from tenants.models import SupportSession
from tenants.people.models import Membership
from tenants.services.ask_support import ask_support
from tenants.services.decide_support import approve_support
from tests.stack import Stack
from tests.tenants.browser import code_of, events_of
from tests.tenants.operator import operator_workspace
from tests.world import Someone, new_workspace

WHY = "The export of one project does not end; we look at its parts."


class Case:
    """A customer with an owner who has a second factor, and somebody of the operator."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.operator = operator_workspace(stack)
        self.acme = new_workspace("Acme")
        self.opal = self.operator.newcomer(Role.OPERATOR)
        self.owner = self.acme.someone(Role.OWNER)
        self._secret = self._factor(self.owner)
        self._step = 0

    @staticmethod
    def _factor(someone: Someone) -> str:
        visitor = visitor_of(someone.session)
        assert visitor is not None
        secret = pyotp.parse_uri(offer_second_factor(visitor)).secret
        accept_second_factor(visitor, code_of(secret, steps=-1))
        return secret

    def code(self) -> str:
        """Return a code that was not used yet; at most two for one case, a step apart."""
        self._step += 1
        return code_of(self._secret, steps=self._step - 1)

    def ask(self, minutes: int = 30, role: Role = Role.AUDITOR) -> UUID:
        return ask_support(
            self.opal.context, customer=self.acme.public_id, purpose=WHY, minutes=minutes, role=role
        )

    def approve(self, visit: UUID, minutes: int = 30, by: Someone | None = None, code: str = "") -> UUID:
        context = (by or self.owner).context
        request = RequestFactory().post("/")
        return approve_support(context, request, session_id=visit, minutes=minutes, code=code or self.code())

    def visit(self, minutes: int = 30, role: Role = Role.AUDITOR) -> tuple[UUID, UUID]:
        """Ask and approve; return (visit, the visitor's member id)."""
        visit = self.ask(minutes, role)
        return visit, self.approve(visit, minutes)

    def visitor(self) -> TenantContext:
        """Come in as the visitor, with a session of their own."""
        return enter(SessionSecret(self.session()), self.acme.public_id)

    def session(self) -> str:
        return mint_session(self.opal.person_id, tenant_id=self.acme.tenant_id, second_factor=True)

    def row(self, visit: UUID) -> SupportSession:
        with acting(self.owner.context):
            return SupportSession.objects.get(id=visit)

    def set_end(self, member: UUID, **ago: Any) -> None:
        """Move the end of a membership into the past, as time would; nothing else is told."""
        with control_database():
            Membership.objects.filter(member_id=member).update(ends_at=timezone.now() - timedelta(**ago))

    def events(self, verb: str) -> int:
        return len(events_of(self.stack, self.acme, verb))
