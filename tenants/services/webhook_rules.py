"""What holds for every webhook: which events can be sent, how many there may be, and what is refused."""

from collections.abc import Iterable
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from audit.verbs import Verb
from ringfence.kernel.errors import Invalid, RingfenceError

MOST_WEBHOOKS: Final = 20
OLD_SECRET_LIFE: Final = timedelta(hours=24)
"""How long an old secret signs beside its successor."""

OF_SENDING: Final = frozenset(
    {Verb.WEBHOOK_DELIVERED, Verb.WEBHOOK_FAILED, Verb.WEBHOOK_REFUSED, Verb.WEBHOOK_TESTED}
)
"""Events that sending makes: to send them would make more of them, without end."""
SENDABLE: Final = tuple(verb for verb in Verb if verb not in OF_SENDING)


class DestinationRefused(RingfenceError):
    """Nothing may go there. `words` name what the admin wrote and its addresses, and no party."""

    code = "destination_refused"
    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, words: tuple[str, ...]) -> None:
        super().__init__(
            "Nothing is sent there: "
            + "; ".join(words)
            + ". Ask the compliance officer of your workspace, or write another address."
        )
        self.words = words


class WebhookStopped(RingfenceError):
    """The webhook does not send now."""

    code = "webhook_stopped"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("This webhook does not send now. Resume it first.")


def chosen_verbs(written: Iterable[str]) -> list[Verb]:
    """Return the events that were chosen, in the order of the vocabulary. Raises `Invalid`."""
    wanted = set(written)
    found = [verb for verb in SENDABLE if verb.value in wanted]
    unknown = sorted(wanted - {verb.value for verb in found})
    if unknown:
        raise Invalid(f"There is no event {unknown[0][:80]!r} that could be sent.", field="verbs")
    if not found:
        raise Invalid("Choose at least one event.", field="verbs")
    return found
