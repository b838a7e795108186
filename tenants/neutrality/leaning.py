"""Whom the platform itself leans on: parties that serve the operator, and the hosts that its settings name. Pure.

A party serves by an identifier of the scheme `serves`, whose value says with what: hosting, mail, storage, a
model. Its owners count like everybody's. A host that is set and belongs to nobody known is unknown, and unknown denies.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from tenants.neutrality.destinations import (
    DestinationVerdict,
    HostBook,
    Point,
    Trouble,
    judge_party,
    normal_name,
)
from tenants.neutrality.facts import Party
from tenants.neutrality.taint import Taint
from tenants.neutrality.verdict import Outcome

SERVES = "serves"
"""The scheme of the identifier."""


@dataclass(frozen=True, slots=True)
class Leaning:
    """One thing that the platform leans on, judged under one policy.

    Attributes:
        what: what it does for the platform, as the registry or the settings call it.
        host: the host that is set for it; empty for a party that is named itself.
        party: whose it is; None for a host that belongs to nobody known.
        verdict: whether content may go there.
    """

    what: str
    host: str
    party: UUID | None
    verdict: DestinationVerdict


def subprocessors(parties: Iterable[Party]) -> dict[UUID, str]:
    """Return what each party that serves the operator does for it."""
    served = {
        party.id: ", ".join(value for scheme, value in party.identifiers if scheme == SERVES)
        for party in parties
    }
    return {party: what for party, what in served.items() if what}


def leanings(
    parties: Mapping[UUID, Party], hosts: Mapping[str, str], *, taint: Taint, book: HostBook
) -> tuple[Leaning, ...]:
    """Return each subprocessor and each host (what for -> host), judged; by what it is for."""
    found = [
        Leaning(what, "", party, judge_party(party, taint=taint))
        for party, what in subprocessors(parties.values()).items()
    ]
    for what, host in hosts.items():
        name = normal_name(host)
        owners = book.of_name(name) if name is not None else frozenset()
        if not owners:
            nobody = DestinationVerdict(Outcome.DENY, (Point(host, Trouble.UNKNOWN),), frozenset())
            found.append(Leaning(what, host, None, nobody))
        found += [Leaning(what, host, party, judge_party(party, taint=taint)) for party in sorted(owners)]
    return tuple(sorted(found, key=lambda each: (each.what, each.host, each.party or UUID(int=0))))


def is_outer(host: str) -> bool:
    """Say whether a host of the settings is anybody's but ours: not a path, not this machine, not a private name."""
    if not host or host.startswith("/"):
        return False
    try:
        return ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        # A name without a dot, and the names that are kept for private use (RFC 6762, RFC 8375, RFC 9476).
        return "." in host and not host.endswith((".local", ".internal", ".home.arpa", ".localhost"))
