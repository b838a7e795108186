"""Judges a bundle's time-stamps by the pin's own policy and the certificates that its reader trusts, and says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.x509 import Certificate

from audit.errors import Equivocation
from audit.pins import Pin
from audit.stamped import Led, Stamped
from audit.timestamps.response import Answer
from audit.timestamps.trust import leads_to


@dataclass(frozen=True, slots=True)
class Judged:
    """One time-stamp that holds; `proven` says whether it is by an authority that the reader trusts."""

    led: Led
    answer: Answer
    proven: bool
    asked: bool
    """Whether any certificate to trust was given."""


def judge_stamps(
    stamps: Sequence[Stamped],
    own: Sequence[Led],
    pin: Pin | None,
    checkpoint: bytes,
    trusted: Sequence[Certificate],
) -> tuple[tuple[Judged, ...], str | None]:
    """Return the time-stamps, and why they are not enough for a reader who named an authority; None where they are.

    Args:
        own: where they lead by the bundle's own policy; counts without a pin.

    Raises `ProofRejected` for one that claims to be by a trusted authority and is not, `Equivocation` for one over
    another root of the pin's size, and what `Stamped.lead` and `Led.open` raise.
    """
    judged = tuple(
        _judged(each, trusted)
        for each in (own if pin is None else [_under(pin, each, checkpoint) for each in stamps])
    )
    if not trusted or any(each.proven for each in judged):
        return judged, None
    why = "none leads to a certificate that you gave" if judged else "the bundle brings none"
    return judged, f"you named a time-stamping authority, and of time-stamps {why}"


def _judged(led: Led, trusted: Sequence[Certificate]) -> Judged:
    answer = led.open()
    return Judged(led, answer, bool(trusted) and leads_to(answer, trusted), bool(trusted))


def _under(pin: Pin, stamp: Stamped, checkpoint: bytes) -> Led:
    led = stamp.lead(pin.policy, None if pin.meta is None else pin.meta.logs[0].vkey, checkpoint)
    pinned, known = pin.signed.checkpoint, led.checkpoint
    if known.size == pinned.size and known.head != pinned.head:
        reason = f"the log has signed two roots for its first {pinned.size} events"
        raise Equivocation(reason, notes=(pin.checkpoint, led.leaf))
    return led


def stamps_in_words(judged: Sequence[Judged]) -> list[str]:
    """Return lines for a person, the newest first; what came out of a token is not yet made visible."""
    return [_in_words(each) for each in reversed(judged)]


def _in_words(judged: Judged) -> str:
    size, answer = judged.led.checkpoint.size, judged.answer
    at = _written(answer.stated)
    if judged.proven:
        return f"This log had at least {size} events by {at}, says {answer.authority}."
    why = "leads to none that you gave" if judged.asked else "you did not give"
    return (
        f"That this log had at least {size} events by {at}: the time was stated by {answer.authority}, whose"
        f" certificate {why}; not proven{'' if judged.asked else ' (see --tsa)'}."
    )


def stamps_as_json(judged: Sequence[Judged]) -> list[Mapping[str, Any]]:
    """Return the same for programs, the oldest first."""
    return [
        {
            "events": each.led.checkpoint.size,
            "stated": _written(each.answer.stated),
            "authority": each.answer.authority,
            "proven": each.proven,
            "token_sha256": each.led.token_sha256,
        }
        for each in judged
    ]


def _written(moment: datetime) -> str:
    return moment.isoformat(sep=" ").replace("+00:00", "Z")
