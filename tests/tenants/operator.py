"""The operator's workspace for tests: one for each run, whichever test asks first."""

from pathlib import Path

from tenants.gate.people import set_tenant_state
from tenants.gate.service import platform_context
from tenants.services.create_tenant import create_tenant
from tenants.values import TenantKind, TenantState
from tests.stack import Stack
from tests.world import Workspace


def operator_workspace(stack: Stack) -> Workspace:
    """Return the operator's workspace, whose log is the platform log."""
    # Outside an install nobody has collected static files, and whitenoise wants the folder.
    (Path(stack.directory) / "static").mkdir(exist_ok=True)
    try:
        context = platform_context()
    except LookupError:
        made = create_tenant(name="The operator", code_name="Operator", kind=TenantKind.OPERATOR)
        set_tenant_state(made.tenant_id, TenantState.ACTIVE)
        return Workspace(made.tenant_id, made.public_id)
    return Workspace(context.tenant_id, context.public_id)
