"""Why nothing was sent, or no answer came. The words hold no address beyond the host, no secret, no content."""

from enum import StrEnum


class Trouble(StrEnum):
    """What went wrong, in words that follow the host's name."""

    MALFORMED = "is no address that we send to"
    NOT_ALLOWED = "is not allowed by the policy"
    NOT_PUBLIC = "leads to an address that is not public"
    NO_ADDRESS = "has no address: the name does not resolve"
    NO_CONNECTION = "takes no connection"
    BROKEN = "broke the connection off"
    TLS = "does not show a valid certificate for its name"
    TOO_SLOW = "did not answer in time"
    TOO_LARGE = "answered with more than we read"
    NOT_HTTP = "answered with something that is not HTTP"
    REDIRECT = "sends on to another address"
    LATE = "was judged too long ago"


REFUSALS = frozenset({Trouble.MALFORMED, Trouble.NOT_ALLOWED, Trouble.NOT_PUBLIC})
"""Troubles that lie in where the request would go: trying again without a change is of no use."""


class NotSent(Exception):
    """The request failed. `sent` says whether bytes of it may have left."""

    def __init__(
        self, trouble: Trouble, host: str, *, sent: bool = False, words: tuple[str, ...] = ()
    ) -> None:
        super().__init__(f"{host or 'the address'} {trouble.value}")
        self.trouble, self.host, self.sent, self.words = trouble, host, sent, words

    @property
    def refused(self) -> bool:
        """Whether the destination itself is refused, so that no later attempt can succeed."""
        return self.trouble in REFUSALS
