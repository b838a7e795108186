"""Where a member can go: the navigation by permission. Rooms above this one are named by route only."""

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ringfence.kernel.context import TenantContext
from ringfence.kernel.permissions import Permission
from ringfence.web.shell import NavEntry, NavGroup

P = Permission
Row = tuple[str | Promise, str, str, Permission]
# (heading, rows of (label, route, icon, permission that the page requires))
GROUPS: tuple[tuple[str | Promise, tuple[Row, ...]], ...] = (
    (
        "",
        (
            (_("Home"), "tenants:home", "home", P.TENANT_VIEW),
            (_("Projects"), "annotation:projects", "project", P.PROJECT_LIST),
            (_("My work"), "annotation:work", "clock", P.TASK_LABEL),
            (_("Members"), "tenants:members", "people", P.MEMBER_LIST),
            (_("API tokens"), "tenants:tokens", "api", P.API_TOKEN_MANAGE),
            (_("Webhooks"), "webhooks:list", "export", P.WEBHOOK_MANAGE),
        ),
    ),
    (
        _("Trust"),
        (
            (_("Keys"), "tenants:keys", "key", P.KEY_VIEW),
            (_("Audit log"), "audit:log", "log", P.AUDIT_VIEW),
            (_("Isolation check"), "isolation:reports", "shield", P.ISOLATION_VIEW),
            (_("Break it on purpose"), "isolation:sabotage", "break", P.ISOLATION_RUN),
            (_("Neutrality"), "tenants:neutrality", "lock", P.NEUTRALITY_VIEW),
            (_("Support visits"), "tenants:support", "people", P.SUPPORT_VIEW),
            (_("Exposure reports"), "attesting:exposures", "book", P.NEUTRALITY_ATTEST),
            (_("Attestations"), "attesting:attestations", "shield", P.NEUTRALITY_ATTEST),
            (_("Policy"), "policy:policy", "shield", P.NEUTRALITY_VIEW),
        ),
    ),
    (
        _("Workspace"),
        (
            (_("First run"), "tenants:setup", "play", P.TENANT_SETUP),
            (_("State"), "tenants:state", "settings", P.TENANT_STATE),
            (_("Platform"), "tenants:platform", "display", P.PLATFORM_VIEW),
            (_("Support"), "tenants:support-asks", "people", P.SUPPORT_ASK),
            (_("Registry"), "registry:parties", "people", P.REGISTRY_VIEW),
        ),
    ),
)


def navigation(request: HttpRequest, context: TenantContext) -> tuple[NavGroup, ...]:
    """Return the groups of links whose pages this context may open."""
    groups = []
    for heading, rows in GROUPS:
        entries = tuple(
            NavEntry(label=str(label), url=url, icon=icon, current=_is_here(request.path, url, route))
            for label, route, icon, permission in rows
            if permission in context.permissions and (url := url_of(route, context.public_id))
        )
        if entries:
            groups.append(NavGroup(label=str(heading), entries=entries))
    return tuple(groups)


def url_of(route: str, tenant: str) -> str:
    """Return the address of a tenant's route; empty while its room does not exist."""
    try:
        return reverse(route, args=[tenant])
    except NoReverseMatch:
        return ""


# Pages that stand above another entry of the navigation: they are current only where they stand.
ABOVE_OTHERS = frozenset({"tenants:home", "isolation:reports", "tenants:neutrality", "tenants:platform"})


def _is_here(path: str, url: str, route: str) -> bool:
    return path == url or (route not in ABOVE_OTHERS and path.startswith(f"{url}/"))
