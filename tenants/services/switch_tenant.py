"""Switch to another of one's tenants: a new session, since one session serves one tenant."""

from audit.verbs import Verb
from ringfence.kernel.errors import NotFound
from tenants.gate.errors import NotSignedIn
from tenants.gate.places import Place, places_of
from tenants.gate.sessions import Visitor, rotate_session
from tenants.services.heal_member import heal_member
from tenants.services.platform_log import note


def place_in_tenant(visitor: Visitor, tenant: str) -> Place:
    """Return the visitor's place in a tenant. Raises `NotFound` for absent and not theirs alike."""
    for place in places_of(visitor.person_id):
        if place.public_id == tenant:
            return place
    raise NotFound("workspace")


def switch_tenant(visitor: Visitor, secret: str, *, tenant: str) -> str:
    """Return the session that serves `tenant`; the old one has ended. Raises `NotFound`, `NotSignedIn`."""
    place = place_in_tenant(visitor, tenant)
    note(Verb.SESSION_SWITCHED, person_id=visitor.person_id)
    heal_member(visitor.person_id, place)
    try:
        return rotate_session(secret, tenant_id=place.tenant_id)
    except LookupError as ended:
        raise NotSignedIn from ended
