"""Members of a workspace: who is here, who is invited, with which role."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ringfence.kernel.context import acting
from ringfence.kernel.errors import Invalid, RingfenceError
from ringfence.kernel.permissions import Permission, Role
from ringfence.web.pages import TenantPage
from tenants.pages.forms import InviteForm, show_refusal
from tenants.services.change_role import change_role
from tenants.services.grantable import grantable_roles
from tenants.services.invite_member import invite_again, invite_member, list_invitations, withdraw_invitation
from tenants.services.list_members import list_members
from tenants.services.remove_member import remove_member
from tenants.services.send_mail import MailNotSent

SAID = {
    "invited": _("The invitation is on its way. It works for 7 days and once."),
    "withdrawn": _("The invitation is withdrawn; its link no longer works."),
    "changed": _("The role is changed, everywhere within 5 seconds."),
    "removed": _("The member is removed: sessions and tokens here have ended."),
    "unsent": _("The invitation stands, but its mail could not be sent. Send it again in a minute."),
}


def role_of(text: str) -> Role:
    """Return the role of this name. Raises `Invalid`."""
    try:
        return Role(text)
    except ValueError as unknown:
        raise Invalid("There is no such role.", field="role") from unknown


class MembersPage(TenantPage):
    """The list, and the form that invites."""

    requires = {"GET": Permission.MEMBER_LIST, "POST": Permission.MEMBER_INVITE}
    unit = "own"
    template = "tenants/members.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show members with their names: a delivery, recorded before the page leaves."""
        return self._show(InviteForm(roles=grantable_roles(self.context)))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Invite somebody."""
        form, status = InviteForm(request.POST, roles=grantable_roles(self.context)), 400
        if form.is_valid():
            try:
                invite_member(
                    self.context, email=form.cleaned_data["email"], role=role_of(form.cleaned_data["role"])
                )
                return back_to_members(self.context.public_id, "invited")
            except MailNotSent:
                return back_to_members(self.context.public_id, "unsent")
            except RingfenceError as refusal:
                show_refusal(form, refusal)
                status = refusal.status
        return self._show(form, status)

    def _show(self, form: InviteForm, status: int = 200) -> HttpResponse:
        page = self.request.GET.get("page", "0")
        number = int(page) if page.isdecimal() else 0
        with acting(self.context):
            members, more = list_members(self.context, page=number)
            return self.page(
                status=status,
                members=members,
                invitations=list_invitations(self.context),
                roles=grantable_roles(self.context),
                form=form,
                me=self.context.actor_id,
                number=number,
                more=more,
                said=SAID.get(self.request.GET.get("said", "")),
            )


class MemberRolePage(TenantPage):
    """Changes a role."""

    requires = {"POST": Permission.MEMBER_MANAGE}

    def post(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        """Change it."""
        change_role(self.context, member_id=member_id, role=role_of(request.POST.get("role", "")))
        return back_to_members(self.context.public_id, "changed")


class RemoveMemberPage(TenantPage):
    """Removes a member."""

    requires = {"POST": Permission.MEMBER_MANAGE}

    def post(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        """Remove them."""
        remove_member(self.context, member_id=member_id)
        return back_to_members(self.context.public_id, "removed")


class InviteAgainPage(TenantPage):
    """Sends an invitation once more, with a fresh link."""

    requires = {"POST": Permission.MEMBER_INVITE}
    unit = "own"

    def post(self, request: HttpRequest, invitation_id: UUID) -> HttpResponse:
        """Send it."""
        try:
            invite_again(self.context, invitation_id=invitation_id)
        except MailNotSent:
            return back_to_members(self.context.public_id, "unsent")
        return back_to_members(self.context.public_id, "invited")


class WithdrawInvitationPage(TenantPage):
    """Withdraws an invitation."""

    requires = {"POST": Permission.MEMBER_INVITE}

    def post(self, request: HttpRequest, invitation_id: UUID) -> HttpResponse:
        """Withdraw it."""
        withdraw_invitation(self.context, invitation_id=invitation_id)
        return back_to_members(self.context.public_id, "withdrawn")


def back_to_members(tenant: str, said: str) -> HttpResponse:
    """Lead back to the list, which says what was done."""
    return HttpResponseRedirect(f"{reverse('tenants:members', args=[tenant])}?said={said}")
