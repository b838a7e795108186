"""Show or set up the second factor; either way the session's secret changes."""

from uuid import UUID

from django.http import HttpRequest

from audit.verbs import Verb
from tenants.gate.errors import FreshCodeWrong, WrongCode
from tenants.gate.second_factor import accept_second_factor, new_recovery_codes, show_second_factor
from tenants.gate.sessions import Visitor, end_other_sessions, rotate_session, visitor_of
from tenants.services.lockout import count_against, forgive, refuse_locked_out
from tenants.services.platform_log import note


def step_up(request: HttpRequest, visitor: Visitor, secret: str, *, code: str) -> str:
    """Return the successor session that has shown a code. Raises `WrongCode`, `LockedOut`."""
    name = _name(visitor)
    refuse_locked_out(request, name)
    try:
        recovered = show_second_factor(visitor.person_id, code)
    except WrongCode:
        count_against(request, name)
        raise
    forgive(name)
    note(Verb.SECOND_FACTOR_RECOVERED if recovered else Verb.SESSION_OPENED, person_id=visitor.person_id)
    return rotate_session(secret, second_factor=True)


def set_up_second_factor(
    request: HttpRequest, visitor: Visitor, secret: str, *, code: str
) -> tuple[str, list[str]]:
    """Return (successor session, ten recovery codes); other sessions end. Raises `WrongCode`, `LockedOut`."""
    name = _name(visitor)
    refuse_locked_out(request, name)
    try:
        codes = accept_second_factor(visitor, code)
    except WrongCode:
        count_against(request, name)
        raise
    forgive(name)
    note(Verb.SECOND_FACTOR_ADDED, person_id=visitor.person_id)
    fresh = rotate_session(secret, second_factor=True)
    successor = visitor_of(fresh)
    if successor is not None:
        end_other_sessions(visitor.person_id, but=successor.session_id)
    return fresh, codes


def renew_recovery_codes(visitor: Visitor) -> list[str]:
    """Return ten new recovery codes to somebody whose session has shown the factor. Raises `WrongCode`."""
    if not visitor.second_factor:
        raise WrongCode
    note(Verb.SECOND_FACTOR_ADDED, person_id=visitor.person_id, detail={"what": "recovery codes"})
    return new_recovery_codes(visitor.person_id)


def show_code_again(request: HttpRequest, person_id: UUID, *, code: str) -> None:
    """Take a fresh code for one act, which nobody does from a page left open. Raises `FreshCodeWrong`, `LockedOut`."""
    name = f"{person_id.hex}:code"
    refuse_locked_out(request, name)
    try:
        show_second_factor(person_id, code)
    except WrongCode as wrong:
        count_against(request, name)
        raise FreshCodeWrong from wrong
    forgive(name)


def _name(visitor: Visitor) -> str:
    """The pseudonym under which wrong codes are counted, apart from wrong passwords."""
    return f"{visitor.person_id.hex}:code"
