"""Why the gate does not open. Each error names the visitor's next step, and no other tenant."""

from http import HTTPStatus

from ringfence.kernel.errors import RingfenceError


class NotSignedIn(RingfenceError):
    """No credential, an unknown one, or one that has ended."""

    code = "not_signed_in"
    status = HTTPStatus.UNAUTHORIZED

    def __init__(self) -> None:
        super().__init__("Sign in to go on. If you were signed in, your session has ended; unsent work is kept.")


class SecondFactorNeeded(RingfenceError):
    """The role demands a second factor that this session has not shown."""

    code = "second_factor_needed"
    status = HTTPStatus.UNAUTHORIZED

    def __init__(self) -> None:
        super().__init__("Your role needs a second factor. Enter a code from your authenticator app.")


class SwitchNeeded(RingfenceError):
    """The session serves another of this person's tenants; switching mints a new one."""

    code = "switch_needed"
    status = HTTPStatus.UNAUTHORIZED

    def __init__(self) -> None:
        super().__init__("You are signed in to another workspace. Switch to this one to go on.")


class Excluded(RingfenceError):
    """The tenant's policy excludes a party that this member is tied to. Names the member's own parties only."""

    code = "excluded"
    status = HTTPStatus.FORBIDDEN

    def __init__(self, path: tuple[str, ...]) -> None:
        super().__init__(
            "The neutrality policy of this workspace does not admit you: "
            + " → ".join(path)
            + ". If this is wrong or has ended, correct your declaration or ask the workspace's owner."
        )
        self.path = path


class NotNow(RingfenceError):
    """The tenant's state does not allow this."""

    code = "tenant_state"
    status = HTTPStatus.LOCKED

    def __init__(self, state: str) -> None:
        super().__init__(
            f"This workspace is {state}, so this does not work now. Its owner can say when it will, or change it."
        )


class TicketVoid(RingfenceError):
    """A job ticket is forged, too old, or its actor's access has changed since it was signed."""

    code = "ticket_void"
    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__("The job's ticket is no longer valid; start the job again.")
