"""The neutrality policy: what is in force, every version with its signatures, and signing."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ringfence.kernel.errors import Invalid
from ringfence.kernel.permissions import Permission
from ringfence.kernel.registry import leaves_by
from ringfence.web.pages import TenantPage
from tenants.gate.admin_keys import KnownKey, entitled, keys_of
from tenants.gate.key_recovery import open_recovery
from tenants.gate.policies import Kept, in_force
from tenants.gate.policy_signing import signatures_of
from tenants.gate.registry import known
from tenants.neutrality.policy_changes import Direction, changes, looser_than_default
from tenants.neutrality.readings import change_in_words, readings
from tenants.neutrality.signatures import NEEDED_SIGNERS
from tenants.pages.signing import as_text, policy_fields, signature_in
from tenants.services.name_members import name_members
from tenants.services.propose_policy import propose_policy
from tenants.services.read_policy import read_version, read_versions
from tenants.services.sign_policy import sign_policy
from tenants.services.withdraw_policy import withdraw_policy

SAID = {
    "drafted": _("The draft is kept. Nothing has changed yet: put it up for signature when it is right."),
    "proposed": _("The version is up for signature. Its text and its time are fixed now."),
    "signed": _("Your signature is kept. The version rules once another admin has signed it too."),
    "in-force": _("Enough admins have signed. The policy rules from its time on, everywhere within seconds."),
    "withdrawn": _("The draft is withdrawn. Nothing else has changed."),
}


class PolicyPage(TenantPage):
    """What is in force, in plain sentences, and every version."""

    requires = Permission.NEUTRALITY_VIEW
    template = "tenants/policy.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it: a delivery, recorded before the page leaves."""
        tenant_id = self.context.tenant_id
        rules, keys, kept = in_force(tenant_id), keys_of(tenant_id), read_versions(self.context)
        parties = known().parties
        people = name_members(self.context, _people_of(kept, keys))
        return self.page(
            rules=rules,
            readings=readings(rules.policy, parties),
            looser=[change_in_words(each, parties) for each in looser_than_default(rules.policy)],
            versions=[
                (
                    each,
                    state_of(each, rules.version),
                    people.get(each.drafted_by) if each.drafted_by else None,
                )
                for each in kept
            ],
            signatures=_shown(self.context.tenant_id, kept, rules.version, keys, people),
            signers=len(entitled(tenant_id)),
            needed=NEEDED_SIGNERS,
            recovery=open_recovery(tenant_id),
            me=self.context.actor_id,
            said=SAID.get(request.GET.get("said", "")),
        )


class VersionPage(TenantPage):
    """One version: what it does, how it differs, who has signed it; and the box to sign it in."""

    requires = Permission.NEUTRALITY_VIEW
    template = "tenants/policy_version.html"

    def get(self, request: HttpRequest, version: int) -> HttpResponse:
        """Show it: a delivery, recorded before the page leaves. Raises `NotFound`."""
        tenant_id = self.context.tenant_id
        kept, rules, keys = (
            read_version(self.context, version=version),
            in_force(tenant_id),
            keys_of(tenant_id),
        )
        parties, mine = known().parties, entitled(tenant_id).get(self.context.actor_id)
        people = name_members(self.context, _people_of([kept], keys))
        signed = signatures_of(tenant_id, kept, keys)
        fields = policy_fields(self.context.public_id, kept, parties) if kept.not_before else {}
        return self.page(
            kept=kept,
            state=state_of(kept, rules.version),
            rules=rules,
            readings=readings(kept.policy, parties),
            looser=[change_in_words(each, parties) for each in looser_than_default(kept.policy)],
            changes=[
                (*change_in_words(each, parties), each.direction is Direction.LOOSER)
                for each in changes(rules.policy, kept.policy)
            ],
            drafted_by=people.get(kept.drafted_by) if kept.drafted_by else None,
            signatures=[(each, people.get(each.key.member_id, "")) for each in signed],
            needed=NEEDED_SIGNERS,
            mine=mine,
            may_sign=kept.is_draft
            and kept.proposed_at is not None
            and mine is not None
            and all(each.key.id != mine.id for each in signed),
            request_text=as_text(fields) if fields else "",
            message=fields,
            me=self.context.actor_id,
            said=SAID.get(request.GET.get("said", "")),
        )


class ProposePage(TenantPage):
    """Puts a draft up for signature."""

    requires = {"POST": Permission.NEUTRALITY_MANAGE}

    def post(self, request: HttpRequest, version: int) -> HttpResponse:
        """Fix its time. Raises `NotFound`, `SigningRefused`, `Invalid`."""
        propose_policy(
            self.context, version=version, not_before=moment_of(request.POST.get("not_before", ""))
        )
        return to_version(self.context.public_id, version, "proposed")


class SignPage(TenantPage):
    """Takes a signature."""

    requires = {"POST": Permission.NEUTRALITY_MANAGE}

    def post(self, request: HttpRequest, version: int) -> HttpResponse:
        """Verify and keep it. Raises `NotFound`, `SigningRefused`, `Invalid`."""
        public, signature = signature_in(request)
        kept = sign_policy(self.context, version=version, public=public, signature=signature)
        return to_version(self.context.public_id, version, "in-force" if kept.signed_at else "signed")


class WithdrawPage(TenantPage):
    """Withdraws a draft."""

    requires = {"POST": Permission.NEUTRALITY_MANAGE}

    def post(self, request: HttpRequest, version: int) -> HttpResponse:
        """Withdraw it. Raises `NotFound`, `SigningRefused`."""
        withdraw_policy(self.context, version=version)
        return to_version(self.context.public_id, version, "withdrawn")


class RequestFile(TenantPage):
    """A version as the file that the command signs."""

    requires = Permission.NEUTRALITY_VIEW

    @leaves_by("neutrality-request")
    def get(self, request: HttpRequest, version: int) -> HttpResponse:
        """Send it: a delivery, recorded before it leaves. Raises `NotFound`, `Invalid`."""
        kept = read_version(self.context, version=version)
        if kept.not_before is None:
            raise Invalid("This version is not up for signature yet.")
        text = as_text(policy_fields(self.context.public_id, kept, known().parties))
        return HttpResponse(
            text,
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="policy-{version}.json"'},
        )


def state_of(kept: Kept, version_in_force: int | None) -> tuple[str, Any]:
    """Return the badge of a version: tone by state, and a word."""
    if kept.withdrawn_at is not None:
        return "closed", _("Withdrawn")
    if kept.signed_at is None:
        return ("draft", _("Draft")) if kept.proposed_at is None else ("waiting", _("Up for signature"))
    if kept.version == version_in_force:
        return "active", _("In force")
    if kept.effective_from is not None and kept.effective_from > datetime.now(UTC):
        return "queued", _("Signed, still to come")
    return "archived", _("Replaced")


def moment_of(text: str) -> datetime | None:
    """Return the moment of a form's field, in UTC; None when it is empty. Raises `Invalid`."""
    if not text.strip():
        return None
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=UTC)
    except ValueError as error:
        raise Invalid(
            "A time is written like 2026-12-01T09:00, in UTC. Leave it empty to begin at once.",
            field="not_before",
        ) from error


def to_version(tenant: str, version: int, said: str) -> HttpResponse:
    """Lead back to a version, which says what was done."""
    return HttpResponseRedirect(f"{reverse('policy:version', args=[tenant, version])}?said={said}")


def _people_of(kept: list[Kept], keys: list[KnownKey]) -> set[Any]:
    return {each.drafted_by for each in kept if each.drafted_by} | {key.member_id for key in keys}


def _shown(tenant_id: Any, kept: list[Kept], version: int | None, keys: list[KnownKey], people: Any) -> Any:
    holding = next((each for each in kept if each.version == version and each.signed_at is not None), None)
    if holding is None:
        return []
    return [(each, people.get(each.key.member_id, "")) for each in signatures_of(tenant_id, holding, keys)]
