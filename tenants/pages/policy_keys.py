"""Admin keys: making one in the browser or in a file, endorsing, ending, and the way back from a lost one."""

from pathlib import Path
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Permission, Role
from ringfence.kernel.registry import leaves_by
from ringfence.web.pages import TenantPage
from tenants.gate.admin_keys import KnownKey, entitled, keys_of
from tenants.gate.key_recovery import WAITING, WAITING_ALONE, open_recovery
from tenants.neutrality.signatures import NEEDED_SIGNERS
from tenants.pages.signing import (
    as_text,
    endorsement_fields,
    possession_fields,
    signature_in,
    stop_fields,
)
from tenants.services import recover_admin_key
from tenants.services.add_admin_key import add_admin_key
from tenants.services.end_admin_key import end_admin_key
from tenants.services.endorse_admin_key import endorse_admin_key
from tenants.services.name_members import name_members

COMMAND = Path(__file__).parent.parent / "neutrality" / "admin_key.py"

SAID = {
    "added": _("The key is registered. It signs once another admin's key has endorsed it."),
    "first": _("The key is registered and active: it is the first of this workspace."),
    "endorsed": _("The key is active."),
    "ended": _("The key has ended and signs nothing more."),
    "asked": _(
        "The way back has begun. Owners approve it here; every owner and admin sees it until it is over."
    ),
    "approved": _("Your approval is kept."),
    "stopped": _("The recovery is stopped, and its key has ended."),
    "finished": _("The new key is active."),
}


class AdminKeysPage(TenantPage):
    """Every key that signs or signed here."""

    requires = {"GET": Permission.NEUTRALITY_VIEW, "POST": Permission.NEUTRALITY_MANAGE}
    template = "tenants/policy_keys.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them; public halves only, there are no others here."""
        tenant_id, tenant = self.context.tenant_id, self.context.public_id
        keys, able, recovery = keys_of(tenant_id), entitled(tenant_id), open_recovery(tenant_id)
        people = name_members(self.context, {key.member_id for key in keys})
        mine = [key for key in keys if key.member_id == self.context.actor_id and key.ended_at is None]
        waiting = [
            (key, people.get(key.member_id, ""), as_text(endorsement_fields(tenant, key)))
            for key in keys
            if key.waiting and key.member_id != self.context.actor_id
        ]
        return self.page(
            keys=[(key, people.get(key.member_id, ""), _state(key)) for key in keys],
            waiting=waiting,
            mine=mine,
            my_waiting=next((key for key in mine if key.waiting), None),
            my_active=able.get(self.context.actor_id),
            first=not any(key.active_from for key in keys),
            is_owner=self.context.role is Role.OWNER,
            signers=len(able),
            needed=NEEDED_SIGNERS,
            possession=as_text(possession_fields(self.context)),
            recovery=recovery,
            recovery_of="" if recovery is None else people.get(recovery.member_id, ""),
            approved=recovery is not None and self.context.actor_id in recovery.approved_by,
            stop=as_text(stop_fields(tenant, recovery)) if recovery else "",
            days=WAITING.days,
            days_alone=WAITING_ALONE.days,
            me=self.context.actor_id,
            said=SAID.get(request.GET.get("said", "")),
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Register a key of one's own. Raises `Invalid`, `SigningRefused`."""
        public, possession = signature_in(request)
        key = add_admin_key(
            self.context, public=public, possession=possession, label=request.POST.get("label", "")
        )
        return _back(self.context.public_id, "first" if key.active else "added")


class EndorsePage(TenantPage):
    """Endorses another member's key."""

    requires = {"POST": Permission.NEUTRALITY_MANAGE}

    def post(self, request: HttpRequest, key_id: UUID) -> HttpResponse:
        """Take the endorsement. Raises `NotFound`, `Invalid`, `SigningRefused`."""
        public, signature = signature_in(request)
        endorse_admin_key(self.context, key_id=key_id, endorser=public, signature=signature)
        return _back(self.context.public_id, "endorsed")


class EndKeyPage(TenantPage):
    """Ends one's own key."""

    requires = {"POST": Permission.NEUTRALITY_MANAGE}

    def post(self, request: HttpRequest, key_id: UUID) -> HttpResponse:
        """End it. Raises `NotFound`."""
        end_admin_key(self.context, key_id=key_id)
        return _back(self.context.public_id, "ended")


class RecoverPage(TenantPage):
    """Begins the way back for one's own waiting key."""

    requires = {"POST": Permission.NEUTRALITY_MANAGE}

    def post(self, request: HttpRequest, key_id: UUID) -> HttpResponse:
        """Begin it. Raises `NotFound`, `SigningRefused`."""
        recover_admin_key.ask_recovery(self.context, key_id=key_id)
        return _back(self.context.public_id, "asked")


class RecoveryPage(TenantPage):
    """Approves, stops or finishes a recovery."""

    requires = {"POST": Permission.NEUTRALITY_MANAGE}

    def post(self, request: HttpRequest, recovery_id: UUID, step: str) -> HttpResponse:
        """Take the step. Raises `NotFound`, `Invalid`, `SigningRefused`."""
        if step == "approve":
            recover_admin_key.approve_recovery(self.context, recovery_id=recovery_id)
            return _back(self.context.public_id, "approved")
        if step == "finish":
            recover_admin_key.finish_recovery(self.context, recovery_id=recovery_id)
            return _back(self.context.public_id, "finished")
        if step != "stop":
            raise NotFound
        public, signature = signature_in(request)
        recover_admin_key.stop_recovery(
            self.context, recovery_id=recovery_id, public=public, signature=signature
        )
        return _back(self.context.public_id, "stopped")


class CommandFile(TenantPage):
    """The command that makes keys in files and signs with them."""

    requires = Permission.NEUTRALITY_VIEW

    @leaves_by("neutrality-command")
    def get(self, request: HttpRequest) -> HttpResponse:
        """Send it as it runs here."""
        return HttpResponse(
            COMMAND.read_bytes(),
            content_type="text/x-python",
            headers={"Content-Disposition": 'attachment; filename="admin_key.py"'},
        )


def _state(key: KnownKey) -> tuple[str, object]:
    if key.active:
        return "active", ""
    if key.waiting:
        return "waiting", _("Waits for an endorsement")
    return "revoked", {
        "rotated": _("Replaced by a newer key"),
        "lost": _("Lost or withdrawn"),
        "removed": _("Its member no longer signs"),
    }.get(key.ended_because, _("Ended"))


def _back(tenant: str, said: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('policy:keys', args=[tenant])}?said={said}")
