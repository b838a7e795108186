"""Reach a witness: the operator's policy names it, and what is sent says nothing of any workspace.

No tenant's policy judges here, for nothing of a tenant leaves. All else is as for every request outwards: https,
a public address, looked up once, no redirect, an end to waiting.
"""

from typing import Final

from django.conf import settings

from audit.publisher.asking import NoReply, Reply
from audit.publisher.gathering import BUDGET_SECONDS
from ringfence.kernel.registry import leaves_by
from tenants.egress import resolving
from tenants.egress.client import send
from tenants.egress.trouble import NotSent
from tenants.egress.ways import find_way
from tenants.neutrality.destinations import Destination, DestinationVerdict
from tenants.neutrality.verdict import Outcome

MOST_BYTES: Final = 64 * 1024
"""Of an answer: a line of each of a witness's keys is less than a tenth of it."""


@leaves_by("witness")
def ask_witness(url: str, body: bytes) -> Reply:
    """Send an add-checkpoint body to `url` and return the answer. Raises `NoReply`."""
    try:
        way = find_way(
            url,
            _named_by_the_operator,
            resolver=resolving.look_up,
            loopback=settings.EGRESS_LOOPBACK,
            seconds=BUDGET_SECONDS,
        )
        answer = send(
            way,
            "POST",
            headers={"Content-Type": "text/plain; charset=utf-8"},
            body=body,
            seconds=BUDGET_SECONDS,
            most_bytes=MOST_BYTES,
            loopback=settings.EGRESS_LOOPBACK,
        )
    except NotSent as failed:
        raise NoReply(str(failed)) from failed
    return Reply(answer.status, answer.headers.get("content-type", ""), answer.body)


def _named_by_the_operator(destination: Destination) -> DestinationVerdict:
    return DestinationVerdict(Outcome.ALLOW, (), frozenset())
