"""Sign out: the session ends on the server, not only in the browser."""

from audit.verbs import Verb
from tenants.gate.sessions import end_session, visitor_of
from tenants.services.platform_log import note


def sign_out(secret: str | None) -> None:
    """End the session behind a secret and record it; harmless when there is none."""
    visitor = visitor_of(secret)
    if visitor is None or secret is None:
        return
    # The session ends even if the log cannot take it: staying signed in would be the worse failure.
    end_session(secret)
    note(Verb.SESSION_CLOSED, person_id=visitor.person_id)
