"""The first page of a workspace, and why it admits whoever reads it."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from tenants.gate.closings import closing_of
from tenants.gate.key_recovery import open_recovery
from tenants.gate.places import admission_of, tenant_facts
from tenants.pages.navigation import url_of
from tenants.pages.words import ROLE_WORDS, works_in


class HomePage(TenantPage):
    """What a member can do here, by role."""

    requires = Permission.TENANT_VIEW
    template = "tenants/home.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it; an owner of an unfinished workspace goes on with the first run."""
        state, kind = tenant_facts(self.context.tenant_id)
        if state == "setting-up" and Permission.TENANT_SETUP in self.context.permissions:
            return HttpResponseRedirect(reverse("tenants:setup", args=[self.context.public_id]))
        role = ROLE_WORDS.get(self.context.role) if self.context.role else None
        return self.page(
            state=state,
            kind=kind,
            works=works_in(state),
            role_words=role,
            recovery=open_recovery(self.context.tenant_id)
            if Permission.NEUTRALITY_VIEW in self.context.permissions
            else None,
            closing=closing_of(self.context.tenant_id)
            if Permission.TENANT_CLOSE in self.context.permissions
            else None,
            projects=url_of("annotation:projects", self.context.public_id),
            practice=url_of("annotation:practice", self.context.public_id),
        )


class AdmissionPage(TenantPage):
    """Why this workspace admits its reader: their own ties, and nobody else's."""

    requires = Permission.TENANT_VIEW
    template = "tenants/admission.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the reader's own verdict."""
        verdict, ties = admission_of(self.context.actor_id)
        return self.page(verdict=verdict, ties=ties)
