"""Change one's own password, by showing the present one."""

from django.http import HttpRequest

from audit.verbs import Verb
from ringfence.kernel.errors import Invalid
from tenants.gate.passwords import has_password, refuse_weak, set_password
from tenants.gate.sessions import Visitor, mint_session
from tenants.services.lockout import count_against, forgive, refuse_locked_out
from tenants.services.platform_log import note
from tenants.services.switch_tenant import place_in_tenant


def change_password(request: HttpRequest, visitor: Visitor, *, present: str, password: str) -> str:
    """Set the new password and return a new session like the present one; all others have ended.

    Raises `Invalid` for a wrong present or a weak new password, `LockedOut` after too many tries.
    """
    name = f"{visitor.person_id.hex}:password"
    refuse_locked_out(request, name)
    refuse_weak(password, field="password")
    if not has_password(visitor.person_id, present):
        count_against(request, name)
        raise Invalid("This is not your present password.", field="present")
    forgive(name)
    note(Verb.PASSWORD_CHANGED, person_id=visitor.person_id, detail={"by": "person"})
    set_password(visitor.person_id, password)
    tenant_id = place_in_tenant(visitor, visitor.tenant).tenant_id if visitor.tenant else None
    return mint_session(visitor.person_id, tenant_id=tenant_id, second_factor=visitor.second_factor)
