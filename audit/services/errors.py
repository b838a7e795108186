"""What a reader of the log is told when the log cannot answer."""

from http import HTTPStatus

from ringfence.kernel.errors import RingfenceError


class LogNotSigned(RingfenceError):
    """The log has no checkpoint yet: the signer has not come by, or does not run."""

    code = "log_not_signed"
    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self) -> None:
        super().__init__("The log has no signed checkpoint yet. One is made each second: try again shortly.")


class EventPending(RingfenceError):
    """The event is recorded, and not yet under a signed checkpoint."""

    code = "event_pending"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("This event is recorded and not yet under a checkpoint. Try again in a second.")


class ReceiptNotHonoured(RingfenceError):
    """The log holds the event of a receipt with another leaf than the receipt promised."""

    code = "receipt_not_honoured"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "The log holds this event with another leaf than the receipt promises. Keep the receipt: either it"
            " was changed since, or the log broke its promise. Write to us, and compare your pin."
        )


class BundleRefused(RingfenceError):
    """A bundle of this range cannot be made."""

    code = "bundle_refused"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class NothingToResume(RingfenceError):
    """The log is not frozen, or nobody has found that it keeps every promise."""

    code = "nothing_to_resume"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "No log of this tenant waits to go on. A frozen one needs `manage.py audit_recover` first, with --refill or"
            " with --succeed."
        )


class ErasureRefused(RingfenceError):
    """These events cannot be erased."""

    code = "erasure_refused"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class ErasureUnconfirmed(RingfenceError):
    """An erasure cannot be undone: whoever asks for it names how many events it takes."""

    code = "erasure_unconfirmed"
    status = HTTPStatus.CONFLICT

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(
            f"This erases who did {count:,} events, for ever. Ask again with `confirm` {count} if that is meant."
        )


class AttestationRefused(RingfenceError):
    """The signer has read a statement and does not sign it."""

    code = "attestation_refused"
    status = HTTPStatus.CONFLICT

    def __init__(self, reason: str) -> None:
        super().__init__(f"The signer does not sign this attestation: {reason}.")
