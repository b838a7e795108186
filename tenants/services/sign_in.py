"""Sign in: address and password to a session, with lockout, and a fresh secret each time."""

from django.http import HttpRequest

from audit.verbs import Verb
from tenants.gate.errors import WrongCredentials
from tenants.gate.passwords import person_with
from tenants.gate.people import pseudonym_of
from tenants.gate.places import Place, places_of
from tenants.gate.sessions import end_session, mint_session
from tenants.services.heal_member import heal_member
from tenants.services.lockout import count_against, forgive, refuse_locked_out
from tenants.services.platform_log import note


def sign_in(
    request: HttpRequest, *, email: str, password: str, previous: str | None, wanted: str = ""
) -> str:
    """Return the secret of a new session; whatever the browser held before ends.

    Args:
        previous: the session secret that came with the request; it is never adopted.
        wanted: public id of the tenant that the visitor was on the way to, if any.

    The session serves the wanted tenant if the person has a place there, or their only one, or none yet.
    Raises `WrongCredentials`, `LockedOut`, and `PlatformLogClosed` when the sign-in cannot be recorded.
    """
    name = pseudonym_of(email)
    refuse_locked_out(request, name)
    person_id = person_with(email, password)
    if person_id is None:
        count_against(request, name)
        raise WrongCredentials
    forgive(name)
    note(Verb.LOGIN_SUCCEEDED, person_id=person_id)
    if previous:
        end_session(previous)
    place = first_place(places_of(person_id), wanted)
    if place:
        heal_member(person_id, place)
    return mint_session(person_id, tenant_id=place.tenant_id if place else None)


def first_place(places: list[Place], wanted: str) -> Place | None:
    """Return the place a new session serves: the wanted one, or the only one."""
    for place in places:
        if place.public_id == wanted:
            return place
    return places[0] if len(places) == 1 else None
