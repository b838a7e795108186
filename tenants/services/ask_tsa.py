"""Reach the time-stamping authority: the operator's settings name it, and what is sent is one hash and a nonce.

No tenant's policy judges here, for nothing of a tenant leaves. All else is as for every request outwards: https,
a public address, looked up once, no redirect, an end to waiting.
"""

from typing import Final

from django.conf import settings

from audit.publisher.asking import NoReply, Reply
from audit.timestamps.tokens import MOST_BYTES
from ringfence.kernel.registry import leaves_by
from tenants.egress import resolving
from tenants.egress.client import send
from tenants.egress.trouble import NotSent
from tenants.egress.ways import find_way
from tenants.neutrality.destinations import Destination, DestinationVerdict
from tenants.neutrality.verdict import Outcome

REQUEST_TYPE: Final = "application/timestamp-query"
SECONDS: Final = 10.0


@leaves_by("audit-timestamp")
def ask_tsa(url: str, body: bytes) -> Reply:
    """Send a DER TimeStampReq to `url` (RFC 3161, 3.4) and return the answer, within 10 s. Raises `NoReply`."""
    try:
        way = find_way(
            url,
            _named_by_the_operator,
            resolver=resolving.look_up,
            loopback=settings.EGRESS_LOOPBACK,
            seconds=SECONDS,
        )
        answer = send(
            way,
            "POST",
            headers={"Content-Type": REQUEST_TYPE},
            body=body,
            seconds=SECONDS,
            most_bytes=MOST_BYTES,
            loopback=settings.EGRESS_LOOPBACK,
        )
    except NotSent as failed:
        raise NoReply(str(failed)) from failed
    return Reply(answer.status, answer.headers.get("content-type", ""), answer.body)


def _named_by_the_operator(destination: Destination) -> DestinationVerdict:
    return DestinationVerdict(Outcome.ALLOW, (), frozenset())
