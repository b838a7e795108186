"""What we have to say about ourselves: that we meet a rule of this workspace's policy, why, and the ways out."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from tenants.pages.navigation import url_of
from tenants.services.operator_conflict import acknowledge_conflict, read_statements


class OperatorConflictPage(TenantPage):
    """The operator's statements about itself, newest first."""

    requires = Permission.NEUTRALITY_VIEW
    template = "tenants/operator_conflict.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them, with what this workspace can do."""
        statements = read_statements(self.context)
        return self.page(
            statements=statements,
            standing=[stated for stated in statements if stated.closed_at is None],
            exports=url_of("annotation:projects", self.context.public_id),
        )


class AcknowledgeConflictPage(TenantPage):
    """Keeps that a statement was read."""

    requires = Permission.NEUTRALITY_VIEW

    def post(self, request: HttpRequest, conflict_id: UUID) -> HttpResponse:
        """Acknowledge."""
        acknowledge_conflict(self.context, conflict_id=conflict_id)
        return HttpResponseRedirect(reverse("tenants:operator-conflict", args=[self.context.public_id]))
