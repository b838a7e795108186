"""A person's workspaces with the names that their role may see; each is opened in a unit of its own."""

from dataclasses import dataclass, field

from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errors import Dark
from ringfence.kernel.permissions import Purpose, Role
from tenants.gate.places import Place, places_of
from tenants.gate.service import tenant_context
from tenants.gate.sessions import Visitor
from tenants.models import Profile
from tenants.values import TenantState

CODE_NAME_ROLES = frozenset({Role.LABELER, Role.REVIEWER})
"""They work for a customer whose name they need not know."""


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """One workspace to choose."""

    place: Place
    name: str = field(repr=False)
    """Empty when the verdict does not admit the person, their role demands more, or the keys are dark."""


def list_places(visitor: Visitor) -> list[NamedPlace]:
    """Return a person's workspaces. A name is opened only where verdict and second factor would let them in."""
    return [NamedPlace(place, _name(place, visitor)) for place in places_of(visitor.person_id)]


def workspace_name(context: TenantContext, role: Role | None) -> str:
    """Return the acting tenant's name as `role` may see it, inside its unit. Raises `Dark`, `CannotOpen`."""
    profile = Profile.objects.first()
    if profile is None:
        return ""
    if role in CODE_NAME_ROLES:
        return context.keyring.open(profile.code_name, field=Profile.code_name, row=profile.id).decode()
    return context.keyring.open(profile.name, field=Profile.name, row=profile.id).decode()


def _name(place: Place, visitor: Visitor) -> str:
    if (
        place.state == TenantState.DESTROYED
        or not place.admitted
        or (place.needs_second_factor and not visitor.second_factor)
    ):
        return ""
    context = tenant_context(place.tenant_id, Purpose.SETUP)
    try:
        with acting(context):
            return workspace_name(context, place.role)
    except (Dark, CannotOpen):
        return ""
