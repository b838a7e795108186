"""Why the gate does not open. Each error names the visitor's next step, and no other tenant."""

from http import HTTPStatus

from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import RingfenceError


class NotSignedIn(RingfenceError):
    """No credential, an unknown one, or one that has ended."""

    code = "not_signed_in"
    status = HTTPStatus.UNAUTHORIZED

    def __init__(self) -> None:
        super().__init__(
            "Sign in to go on. If you were signed in, your session has ended; unsent work is kept."
        )


class SecondFactorNeeded(RingfenceError):
    """The role demands a second factor that this session has not shown."""

    code = "second_factor_needed"
    status = HTTPStatus.UNAUTHORIZED

    def __init__(self) -> None:
        super().__init__("Your role needs a second factor. Enter a code from your authenticator app.")


class SessionNeeded(RingfenceError):
    """Only a signed-in session may do this, and an API token asks for it, whatever its rights."""

    code = "session_needed"
    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__(
            "This takes a signed-in session. An API token does not do: nobody shows a second factor with one."
        )


class DeclarationNeeded(RingfenceError):
    """The person has not declared their ties, or not for so long that the tenant's policy wants it again."""

    code = "declaration_needed"
    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__(
            "Say first whom you work for, or that nothing has changed: sign in with a browser and open your"
            " declaration. It takes a minute."
        )


class CommitmentNeeded(RingfenceError):
    """Content here would close other workspaces of this person, and they have not been told so yet."""

    code = "commitment_needed"
    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__(
            "Work here closes other work of yours for a time. Sign in with a browser, read which, and confirm it."
        )


class VerdictUnavailable(RingfenceError):
    """The graph of parties cannot be judged: it is larger than a door may wait for. Every door stays shut."""

    code = "verdict_unavailable"
    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self) -> None:
        super().__init__(
            "Whether the neutrality policy admits you cannot be said now, so nothing is opened."
            " The operator has to mend the registry of parties; nothing is lost meanwhile."
        )


class AdmittedAgain(RingfenceError):
    """The policy admits the member again, and the database's own bar is not lifted yet."""

    code = "admitted_again"
    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self) -> None:
        super().__init__(
            "The policy of this workspace admits you again. Its walls follow within seconds: load this once more."
        )


class WalledOff(RingfenceError):
    """What the person has seen elsewhere keeps them from this content. Says until when, and nothing of where."""

    code = "walled_off"
    status = HTTPStatus.FORBIDDEN

    def __init__(self, words: str) -> None:
        super().__init__(f"This work is {words}: other work of yours stands against it.")


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

    def __init__(self, path: tuple[str, ...], *, in_review: bool = False) -> None:
        super().__init__(
            "The neutrality policy of this workspace does not admit you: "
            + " → ".join(path)
            + ". If this is wrong or has ended, correct your declaration or ask the workspace's owner."
        )
        self.path = path
        self.reason = "neutrality_review" if in_review else "neutrality"
        """What the log's entry says: refused, or held until the customer has answered."""
        self.context: TenantContext | None = None
        """Of the excluded member, with no permission at all: for the log's entry of the refusal."""


class NotNow(RingfenceError):
    """The tenant's state does not allow this."""

    code = "tenant_state"
    status = HTTPStatus.LOCKED

    def __init__(self, state: str) -> None:
        super().__init__(
            f"This workspace is {state}, so this does not work now. Its owner can say when it will, or change it."
        )


class WorkspaceClosed(RingfenceError):
    """The tenant is destroyed: no key opens anything of it, and none will."""

    code = "workspace_closed"
    status = HTTPStatus.GONE

    def __init__(self) -> None:
        super().__init__(
            "This workspace has been closed for good by its owners. What was stored in it cannot be opened by anybody"
            " any more. Its owners have a certificate of that by mail."
        )


class ClosingRefused(RingfenceError):
    """A workspace cannot be closed, or a closing not be confirmed or carried out, as things are. The words say why."""

    code = "closing_refused"
    status = HTTPStatus.CONFLICT


class TicketVoid(RingfenceError):
    """A job ticket is forged, too old, or its actor's access has changed since it was signed."""

    code = "ticket_void"
    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__("The job's ticket is no longer valid; start the job again.")


class AlreadyThere(RingfenceError):
    """The person is a member of this tenant already."""

    code = "already_member"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "This person is a member here already. Change their role in the list of members instead."
        )


class LastOwner(RingfenceError):
    """The change would leave the tenant without an owner."""

    code = "last_owner"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("This is the only owner. Make somebody else an owner first.")


class VisitStays(RingfenceError):
    """Somebody gives the operator's support another role: a visit has the role and the time that were approved."""

    code = "support_fixed"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "This is a support visit: its role and its end are what an owner approved. End it, and approve another one."
        )


class OfferGone(RingfenceError):
    """An invitation or reset link that is unknown, used, revoked or past its time; which one is not said."""

    code = "link_gone"
    status = HTTPStatus.GONE

    def __init__(self, what: str) -> None:
        super().__init__(
            f"This {what} link is no longer good: it was used, withdrawn, replaced, or its time is over."
            " Ask for a new one."
        )


class WrongCredentials(RingfenceError):
    """E-mail address and password do not belong together; which of them is wrong is not said."""

    code = "wrong_credentials"
    status = HTTPStatus.UNAUTHORIZED

    def __init__(self) -> None:
        super().__init__("E-mail address and password do not match. Check both, or reset your password.")


class WrongCode(RingfenceError):
    """A second-factor code that is wrong, too old, or was used before."""

    code = "wrong_code"
    status = HTTPStatus.UNAUTHORIZED

    def __init__(self) -> None:
        super().__init__(
            "This code does not work: it is wrong, too old, or was used already. Wait for the next one."
        )


class FreshCodeWrong(WrongCode):
    """A code that is asked for again for one act: the session stands, and the field is what is wrong."""

    status = HTTPStatus.BAD_REQUEST
    field = "code"


class LockedOut(RingfenceError):
    """Too many wrong attempts under one name."""

    code = "locked_out"
    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self) -> None:
        super().__init__("Too many wrong attempts. Wait 15 minutes; a correct one is not accepted before.")


class CountersDown(RingfenceError):
    """The cache that counts wrong attempts does not answer."""

    code = "counters_down"
    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self) -> None:
        super().__init__(
            "Signing in is not possible just now: a part of the system does not answer. Try again in a minute;"
            " whoever is signed in already can go on."
        )


class PlatformLogClosed(RingfenceError):
    """There is no platform log to write to, so nobody signs in: no act without its entry."""

    code = "platform_log_closed"
    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self) -> None:
        super().__init__(
            "This installation has no platform log yet. Run `manage.py create_tenant --operator` first."
        )


class SigningRefused(RingfenceError):
    """A key, a signature, a policy, a plan or a recovery cannot be taken as it is. The words say why."""

    code = "signing_refused"
    status = HTTPStatus.CONFLICT
