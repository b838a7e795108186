"""A version tried on: what it would refuse today, and what it would have refused last quarter."""

from django.http import HttpRequest, HttpResponse

from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from tenants.gate.policies import in_force
from tenants.services.read_policy import read_version
from tenants.services.try_policy import try_policy


class TrialPage(TenantPage):
    """The dry run. Nothing of it rules."""

    requires = Permission.NEUTRALITY_MANAGE
    unit = "own"
    template = "tenants/policy_trial.html"

    def get(self, request: HttpRequest, version: int) -> HttpResponse:
        """Try it on: a delivery, recorded before the page leaves. Raises `NotFound`."""
        with acting(self.context):
            kept = read_version(self.context, version=version)
        part = request.GET.get("part", "1")
        trial = try_policy(self.context, kept, part=int(part) if part.isdecimal() else 1)
        with acting(self.context):
            return self.page(
                kept=kept,
                rules=in_force(self.context.tenant_id),
                trial=trial,
                refused=[
                    (each, trial.names.get(each.member_id, "")) for each in trial.today.people if each.why
                ],
                newly=sum(each.changes for each in trial.today.people),
                parts=range(1, trial.parts + 1),
            )
