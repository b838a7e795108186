"""What the frame of every page shows: who is here, in which workspace, where they can go."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import TenantContext, in_unit
from ringfence.kernel.errors import Dark
from ringfence.kernel.permissions import Permission as P
from ringfence.kernel.permissions import Role
from ringfence.web.shell import NavEntry, NavGroup, Shell
from tenants.models import Member, Profile

# What labelers and reviewers see of a customer is its code name; the rest know whom they work for.
CODE_NAMED = frozenset({Role.LABELER, Role.REVIEWER})

# (heading, ((label, route, icon, permission), …)): one list, so that no page offers what the gate refuses.
PLACES: tuple[tuple[str, tuple[tuple[str, str, str, P], ...]], ...] = (
    ("", (("Home", "tenants:home", "home", P.TENANT_VIEW),)),
    ("Work", (("Projects", "annotation:projects", "project", P.PROJECT_LIST),)),
    (
        "Workspace",
        (
            ("Members", "tenants:members", "people", P.MEMBER_LIST),
            ("API tokens", "tenants:tokens", "api", P.API_TOKEN_MANAGE),
            ("Keys", "tenants:keys", "key", P.KEY_VIEW),
            ("Neutrality", "tenants:neutrality", "shield", P.NEUTRALITY_VIEW),
        ),
    ),
    (
        "Proof",
        (
            ("Audit log", "audit:timeline", "book", P.AUDIT_VIEW),
            ("Isolation check", "isolation:reports", "shield", P.ISOLATION_VIEW),
            ("Break it on purpose", "isolation:break", "break", P.ISOLATION_RUN),
        ),
    ),
    ("Platform", (("What we cannot see", "tenants:platform", "info", P.PLATFORM_VIEW),)),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the variable `shell` for `ringfence/base.html`, and `may` for templates."""
    context: TenantContext | None = getattr(request, "context", None)
    local_keys = settings.KEY_SERVICE == "local"
    if context is None:
        return {"shell": Shell(local_keys=local_keys), "may": frozenset(), "mode": settings.MODE}
    tenant, person = _names(context)
    return {
        "shell": Shell(
            person=person,
            role=context.role or "",
            tenant=tenant,
            home_url=reverse("tenants:home", args=[context.public_id]),
            switch_url=reverse("people:choose"),
            sign_out_url=reverse("people:logout"),
            nav=_nav(request, context),
            local_keys=local_keys,
        ),
        "may": frozenset(p.value for p in context.permissions),
        "tenant": context.public_id,
        "mode": settings.MODE,
    }


def _nav(request: HttpRequest, context: TenantContext) -> tuple[NavGroup, ...]:
    groups = []
    for heading, places in PLACES:
        entries = tuple(
            NavEntry(label=_(label), url=url, icon=icon, current=_is_current(request.path, url, route))
            for label, route, icon, permission in places
            if permission in context.permissions
            for url in [reverse(route, args=[context.public_id])]
        )
        if entries:
            groups.append(NavGroup(label=_(heading) if heading else "", entries=entries))
    return tuple(groups)


def _is_current(path: str, url: str, route: str) -> bool:
    return path == url if route in ("tenants:home", "isolation:reports") else path.startswith(url)


def _names(context: TenantContext) -> tuple[str, str]:
    """Return the workspace's name, or code name, and the person's own; empty while the workspace is dark."""
    if not in_unit():
        return "", ""
    field = Profile.code_name if context.role in CODE_NAMED else Profile.name
    try:
        profile = Profile.objects.get()
        sealed = profile.code_name if context.role in CODE_NAMED else profile.name
        tenant = context.keyring.open(sealed, field=field, row=profile.id).decode()
        member = Member.objects.filter(id=context.actor_id).first()
        person = (
            context.keyring.open(member.name, field=Member.name, row=member.id).decode() if member else ""
        )
    except (Dark, CannotOpen, Profile.DoesNotExist):
        return "", ""
    return tenant, person
