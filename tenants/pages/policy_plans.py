"""Mitigation plans: drafted, signed like the policy, checked, and ended early."""

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Permission
from ringfence.kernel.registry import leaves_by
from ringfence.web.pages import TenantPage
from tenants.gate.admin_keys import entitled
from tenants.gate.plan_signing import KeptPlan, plan_signatures_of
from tenants.gate.policies import in_force
from tenants.gate.verdicts import today
from tenants.models import Member
from tenants.neutrality.plan_document import MOST_CHARACTERS, PlanDocument
from tenants.neutrality.policy import PolicyRejected
from tenants.neutrality.signatures import NEEDED_SIGNERS
from tenants.pages.forms import show_refusal
from tenants.pages.signing import as_text, plan_fields, signature_in
from tenants.services.draft_plan import draft_plan
from tenants.services.end_plan import end_plan
from tenants.services.name_members import name_members
from tenants.services.read_policy import read_plan, read_plans
from tenants.services.sign_plan import sign_plan

STATES = {
    "ended": ("closed", _("Ended")),
    "over": ("archived", _("Over")),
    "lapsed": ("warn", _("Lapsed: approve again")),
    "waiting": ("waiting", _("Up for signature")),
    "active": ("active", _("Holds")),
    "coming": ("queued", _("Signed, still to come")),
}
SAID = {
    "drafted": _("The plan is kept. It lifts nothing until admins have signed it."),
    "signed": _("Your signature is kept. The plan holds once another admin has signed it too."),
    "holds": _("Enough admins have signed: the plan holds."),
    "ended": _("The plan has ended; within seconds it lifts nothing any more."),
}
DAY = {"type": "date"}


class PlanForm(forms.Form):
    """Who, for what, from when until when, on which conditions."""

    purpose = forms.CharField(label=_("Purpose"), max_length=MOST_CHARACTERS)
    start = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    end = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    conditions = forms.CharField(
        label=_("Agreed conditions, one a line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For example: works in this workspace only; no export; reviewed every Friday."),
    )

    def __init__(self, *args: Any, people: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["members"] = forms.MultipleChoiceField(
            label=_("Who"), choices=people, widget=forms.CheckboxSelectMultiple
        )


class PlansPage(TenantPage):
    """All plans, and the form for a new one."""

    requires = {"GET": Permission.NEUTRALITY_VIEW, "POST": Permission.NEUTRALITY_MANAGE}
    template = "tenants/policy_plans.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them: a delivery, recorded before the page leaves."""
        again = request.GET.get("from", "")
        form = PlanForm(people=self._people())
        if again:
            form = PlanForm(
                people=self._people(), initial=_initial(read_plan(self.context, plan_id=_id(again)))
            )
        return self._show(form)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Draft a plan."""
        form, status = PlanForm(request.POST, people=self._people()), 400
        if form.is_valid():
            values = form.cleaned_data
            lines = [line.strip() for line in values["conditions"].splitlines()]
            try:
                document = PlanDocument(
                    members=frozenset(map(UUID, values["members"])),
                    systems=frozenset({self.context.tenant_id}),
                    purpose=values["purpose"].strip(),
                    start=values["start"],
                    end=values["end"],
                    conditions=tuple(line for line in lines if line),
                )
                kept = draft_plan(self.context, document)
                return _to_plan(self.context.public_id, kept.id, "drafted")
            except PolicyRejected as rejected:
                form.add_error(rejected.field if rejected.field in form.fields else None, str(rejected))
            except RingfenceError as refusal:
                show_refusal(form, refusal)
                status = refusal.status
        return self._show(form, status)

    def _show(self, form: PlanForm, status: int = 200) -> HttpResponse:
        plans, digest = read_plans(self.context), in_force(self.context.tenant_id).digest
        members = {member for plan in plans for member in plan.document.members}
        people = name_members(self.context, members)
        return self.page(
            status=status,
            form=form,
            plans=[(plan, STATES[plan.state(digest, today())], _named(plan, people)) for plan in plans],
            needed=NEEDED_SIGNERS,
        )

    def _people(self) -> list[tuple[str, str]]:
        ids = list(Member.objects.filter(is_active=True).values_list("id", flat=True)[:1_000])
        names = name_members(self.context, ids)
        return sorted(((str(each), names.get(each, "")) for each in ids), key=lambda pair: pair[1].casefold())


class PlanPage(TenantPage):
    """One plan as a list of checks, with its signatures."""

    requires = Permission.NEUTRALITY_VIEW
    template = "tenants/policy_plan.html"

    def get(self, request: HttpRequest, plan_id: UUID) -> HttpResponse:
        """Show it: a delivery, recorded before the page leaves. Raises `NotFound`."""
        kept, tenant_id = read_plan(self.context, plan_id=plan_id), self.context.tenant_id
        rules, mine = in_force(tenant_id), entitled(tenant_id).get(self.context.actor_id)
        signed, day = plan_signatures_of(tenant_id, kept), today()
        people = name_members(self.context, kept.document.members | {each.key.member_id for each in signed})
        state = kept.state(rules.digest, day)
        return self.page(
            kept=kept,
            state=STATES[state],
            lapsed=state == "lapsed",
            over=state in ("ended", "over"),
            members=_named(kept, people),
            checks=self._checks(kept, rules.digest, day),
            signatures=[(each, people.get(each.key.member_id, "")) for each in signed],
            needed=NEEDED_SIGNERS,
            mine=mine,
            may_sign=state == "waiting"
            and mine is not None
            and all(each.key.id != mine.id for each in signed),
            request_text=as_text(plan_fields(self.context.public_id, kept)),
            me=self.context.actor_id,
            said=SAID.get(request.GET.get("said", "")),
        )

    def _checks(self, kept: KeptPlan, digest: bytes, day: date) -> list[tuple[Any, bool]]:
        here = set(Member.objects.filter(is_active=True).values_list("id", flat=True))
        return [
            (_("Everybody named is still a member here"), kept.document.members <= here),
            (_("It names systems of this workspace"), bool(kept.document.systems & {self.context.tenant_id})),
            (_("Today lies within its days"), kept.document.start <= day <= kept.document.end),
            (_("The policy is the one that it was drafted under"), kept.policy_digest == digest),
            (_("Enough admins have signed it"), kept.approved_at is not None),
            (_("Nobody has ended it"), kept.ended_at is None),
        ]


class SignPlanPage(TenantPage):
    """Takes a signature under a plan."""

    requires = {"POST": Permission.NEUTRALITY_MANAGE}

    def post(self, request: HttpRequest, plan_id: UUID) -> HttpResponse:
        """Verify and keep it. Raises `NotFound`, `SigningRefused`, `Invalid`."""
        public, signature = signature_in(request)
        kept = sign_plan(self.context, plan_id=plan_id, public=public, signature=signature)
        return _to_plan(self.context.public_id, plan_id, "holds" if kept.approved_at else "signed")


class EndPlanPage(TenantPage):
    """Ends a plan."""

    requires = {"POST": Permission.NEUTRALITY_MANAGE}

    def post(self, request: HttpRequest, plan_id: UUID) -> HttpResponse:
        """End it. Raises `NotFound`, `SigningRefused`."""
        end_plan(self.context, plan_id=plan_id)
        return _to_plan(self.context.public_id, plan_id, "ended")


class PlanFile(TenantPage):
    """A plan as the file that the command signs."""

    requires = Permission.NEUTRALITY_VIEW

    @leaves_by("neutrality-request")
    def get(self, request: HttpRequest, plan_id: UUID) -> HttpResponse:
        """Send it: a delivery, recorded before it leaves. Raises `NotFound`."""
        text = as_text(plan_fields(self.context.public_id, read_plan(self.context, plan_id=plan_id)))
        return HttpResponse(
            text,
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="plan-{plan_id}.json"'},
        )


def _named(plan: KeptPlan, people: Any) -> list[str]:
    return sorted(people.get(member, str(member)) for member in plan.document.members)


def _initial(kept: KeptPlan) -> dict[str, Any]:
    document = kept.document
    return {
        "members": [str(member) for member in document.members],
        "purpose": document.purpose,
        "start": max(document.start, today()),
        "end": document.end,
        "conditions": "\n".join(document.conditions),
    }


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _to_plan(tenant: str, plan_id: UUID, said: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('policy:plan', args=[tenant, plan_id])}?said={said}")
