"""What the frame of every page shows: who is here, in which workspace, where they can go."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import TenantContext, acting, in_unit
from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Permission
from ringfence.web.shell import NavEntry, NavGroup, Shell
from tenants.gate.places import tenant_facts
from tenants.models import Member
from tenants.pages.navigation import navigation
from tenants.services.list_places import workspace_name
from tenants.services.operator_conflict import is_stated
from tenants.services.read_support import Strip, strip_of


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the variable `shell` for `ringfence/base.html`, and `may` for templates."""
    context: TenantContext | None = getattr(request, "context", None)
    local_keys = settings.KEY_SERVICE == "local"
    if context is None:
        return {"shell": Shell(local_keys=local_keys), "may": frozenset(), "mode": settings.MODE}
    workspace, person, stated, strip = _names(context)
    state, _kind = tenant_facts(context.tenant_id)
    return {
        "shell": Shell(
            person=person,
            role=context.role or "",
            tenant=workspace,
            tenant_state=state,
            home_url=reverse("tenants:home", args=[context.public_id]),
            account_url=reverse("people:account"),
            switch_url=reverse("people:choose"),
            sign_out_url=reverse("people:logout"),
            nav=(*_story(), *navigation(request, context)),
            local_keys=local_keys,
            conflict_url=reverse("tenants:operator-conflict", args=[context.public_id]) if stated else "",
            support_url=reverse("tenants:support", args=[context.public_id]),
            support_waiting=strip.waiting,
            support_here=strip.here,
            visits_until=strip.visits_until,
        ),
        "may": frozenset(p.value for p in context.permissions),
        "tenant": context.public_id,
        "mode": settings.MODE,
    }


def _story() -> tuple[NavGroup, ...]:
    """Return the way back to the demo's story, where there is one."""
    if settings.MODE != "demo":
        return ()
    return (
        NavGroup(entries=(NavEntry(label=_("Demo: start page"), url=reverse("demo-story"), icon="play"),)),
    )


def _names(context: TenantContext) -> tuple[str, str, bool, Strip]:
    """Return the workspace's name, or code name, the person's own, whether we stated a conflict, and what of support.

    Stand-ins while the workspace is dark.

    A page that holds no transaction gets a short one of its own, so that nobody loses the way out.
    """
    try:
        if in_unit():
            return _open_names(context)
        with acting(context):
            return _open_names(context)
    except (RingfenceError, CannotOpen):
        return _("Dark workspace"), _("You"), False, Strip(visits_until=context.ends_at)


def _open_names(context: TenantContext) -> tuple[str, str, bool, Strip]:
    member = Member.objects.filter(id=context.actor_id).first()
    person = (
        context.keyring.open(member.name, field=Member.name, row=member.id).decode() if member else _("You")
    )
    stated = Permission.NEUTRALITY_VIEW in context.permissions and is_stated()
    return workspace_name(context, context.role), person, stated, strip_of(context)
