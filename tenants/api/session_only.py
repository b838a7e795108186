"""Routes of the API that no token opens, whatever its rights."""

from rest_framework.request import Request

from tenants.gate.errors import SessionNeeded
from tenants.gate.secrets import SessionSecret
from tenants.middleware import credential_of


def refuse_tokens(request: Request) -> None:
    """Raise `SessionNeeded` unless a session of a browser asks; its writes carry the form token."""
    if not isinstance(credential_of(request._request), SessionSecret):
        raise SessionNeeded
