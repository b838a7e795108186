"""How the closing of a workspace stands, for scripts: ids and times, and nothing that is sealed."""

from ringfence.kernel.context import TenantContext
from ringfence.kernel.permissions import Permission
from tenants.gate.closings import KnownClosing, closing_of


def find_closing(context: TenantContext) -> KnownClosing | None:
    """Return the closing under way, None where there is none; in the dark too. Raises `PermissionMissing`."""
    context.require(Permission.TENANT_CLOSE)
    return closing_of(context.tenant_id)
