"""The one error family. Each error has a stable code, an HTTP status and says what to do next."""

from http import HTTPStatus


class RingfenceError(Exception):
    """An expected refusal that the web layer renders and a worker reports.

    The text is shown to people: it holds no secret, no content and no name of another tenant.
    """

    code = "error"
    status = HTTPStatus.BAD_REQUEST


class NotFound(RingfenceError):
    """What was asked for is absent, or another tenant's; the caller cannot tell which."""

    code = "not_found"
    status = HTTPStatus.NOT_FOUND

    def __init__(self, what: str = "page") -> None:
        super().__init__(f"There is no such {what} here. Check the address, or go back to the start page.")


class PermissionMissing(RingfenceError):
    """A member of this tenant asks for something that their role does not allow."""

    code = "permission_missing"
    status = HTTPStatus.FORBIDDEN

    def __init__(self, permission: str) -> None:
        super().__init__(
            f"Your role does not include “{permission}”. Ask an owner or admin of this workspace for it."
        )


class Invalid(RingfenceError):
    """The request is malformed; `field` names the part that is wrong."""

    code = "invalid"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Dark(RingfenceError):
    """The tenant's keys cannot be used: the key service refuses, or does not answer."""

    code = "tenant_dark"
    status = HTTPStatus.LOCKED

    def __init__(self, *, refused: bool) -> None:
        self.refused = refused
        super().__init__(
            "This workspace is dark: its key service "
            + (
                "refuses its key. Whoever holds the key can enable it again."
                if refused
                else "does not answer. Nothing is lost; try again in a minute."
            )
        )


class NoTenantContext(Exception):
    """Code touched a tenant table outside `acting()`. A programming error, never shown to people."""


class ContextAlreadyEntered(Exception):
    """A unit of work serves one tenant; `acting()` does not nest."""


class ControlOutsideGate(Exception):
    """Code outside `tenants.gate` reached for the control database."""


class NotSealed(Exception):
    """A sealed column was given bytes that are not an RF1 ciphertext."""
