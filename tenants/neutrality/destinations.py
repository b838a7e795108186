"""May content leave to this place? A destination is clean only if every party that any match points to is clean.

Names, the names above them, redirects and resolved addresses are matched; a name or address that matches
nothing is unknown, and unknown denies (21). Pure: whoever resolves names hands the addresses in.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from tenants.neutrality.facts import FactRefused, Party
from tenants.neutrality.hits import Hit
from tenants.neutrality.policy import Level
from tenants.neutrality.taint import Taint
from tenants.neutrality.verdict import Outcome

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MOST_POINTS = 100
"""Names and addresses of one destination that are looked at; more are refused."""


class Trouble(StrEnum):
    """Why a point of a destination is not clean."""

    UNKNOWN = "belongs to nobody that we know"
    NOT_PUBLIC = "is no public address"
    MALFORMED = "is no name or address"
    TAINTED = "belongs to a party that the policy keeps away"
    SILENT = "belongs to a party that is not registered, or of whose owners too little is known"
    TOO_MANY = "leads to more places than are looked at"
    NOWHERE = "resolves to no address"


@dataclass(frozen=True, slots=True)
class HostBook:
    """To whom names and networks belong. A name stands for all names below it, and may have several parties."""

    names: Mapping[str, frozenset[UUID]]
    networks: tuple[tuple[Network, UUID], ...] = ()

    def of_name(self, name: str) -> frozenset[UUID]:
        """Return every party of a name and of the names above it."""
        labels = name.split(".")
        above = (".".join(labels[start:]) for start in range(len(labels)))
        return frozenset(party for each in above for party in self.names.get(each, ()))

    def of_address(self, address: Address) -> frozenset[UUID]:
        """Return every party of the networks that an address lies in."""
        return frozenset(
            party
            for network, party in self.networks
            if address.version == network.version and address in network
        )


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a request would go: the host that was written, the hosts that it is sent on to, and their addresses."""

    host: str
    redirects: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """One name or address that is not clean."""

    value: str
    trouble: Trouble
    party: UUID | None = None
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class DestinationVerdict:
    """The answer on one destination. False in a boolean context unless it allows."""

    outcome: Outcome
    points: tuple[Point, ...]
    parties: frozenset[UUID]

    def __bool__(self) -> bool:
        return self.outcome is Outcome.ALLOW


def judge_destination(destination: Destination, *, taint: Taint, book: HostBook) -> DestinationVerdict:
    """Return whether content may go to `destination` under the policy of `taint`."""
    written = [destination.host, *destination.redirects, *destination.addresses]
    if len(written) > MOST_POINTS:
        point = Point(destination.host, Trouble.TOO_MANY)
        return DestinationVerdict(Outcome.DENY, (point,), frozenset())
    parties: set[UUID] = set()
    points: list[Point] = []
    level = Level.REPORT
    if not destination.addresses and _address(destination.host) is None:
        points.append(Point(destination.host, Trouble.NOWHERE))
    for value in written:
        found, trouble = _parties_of(value, book, is_address=value in destination.addresses)
        if trouble is not None:
            points.append(Point(value, trouble))
            continue
        parties |= found
        for party in sorted(found):
            judged = taint.egress(party)
            if judged is None or judged is Level.REPORT:
                continue
            level = max(level, judged)
            hits = tuple(hit for hit in taint.of(party) if hit.egress > Level.REPORT)
            points.append(Point(value, Trouble.TAINTED if hits else Trouble.SILENT, party, hits))
    if any(point.party is None for point in points):
        level = Level.DENY
    outcome = {Level.DENY: Outcome.DENY, Level.REVIEW: Outcome.REVIEW}.get(level, Outcome.ALLOW)
    return DestinationVerdict(outcome, tuple(points), frozenset(parties))


def judge_party(party: UUID, *, taint: Taint) -> DestinationVerdict:
    """Return whether content may go to a party that is named itself: a subprocessor, a bucket, a model.

    One that the registry does not know is unknown, and denied.
    """
    level = taint.egress(party)
    if level is None or level is Level.REPORT:
        return DestinationVerdict(Outcome.ALLOW, (), frozenset({party}))
    hits = tuple(hit for hit in taint.of(party) if hit.egress > Level.REPORT)
    point = Point("", Trouble.TAINTED if hits else Trouble.SILENT, party, hits)
    outcome = Outcome.DENY if level is Level.DENY else Outcome.REVIEW
    return DestinationVerdict(outcome, (point,), frozenset({party}))


def _parties_of(value: str, book: HostBook, *, is_address: bool) -> tuple[frozenset[UUID], Trouble | None]:
    address = _address(value)
    if address is not None:
        # An IPv4 address written as IPv6 is judged as what it is.
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        address = mapped or address
        if not address.is_global or address.is_multicast:
            return frozenset(), Trouble.NOT_PUBLIC
        found = book.of_address(address)
        return found, None if found else Trouble.UNKNOWN
    name = normal_name(value)
    if is_address or name is None:
        return frozenset(), Trouble.MALFORMED
    found = book.of_name(name)
    return found, None if found else Trouble.UNKNOWN


def _address(value: str) -> Address | None:
    try:
        return ipaddress.ip_address(value.strip("[]"))
    except ValueError:
        return None


def normal_name(value: str) -> str | None:
    """Return a host name in lower case, as ASCII, without its last dot; None for what is no host name."""
    try:
        name = value.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    labels = name.split(".")
    plain = all(
        label and len(label) <= 63 and label.replace("-", "a").replace("_", "a").isalnum() for label in labels
    )
    # A name whose last label is a number is an address in disguise.
    if not plain or len(name) > 253 or labels[-1].isdigit() or labels[-1].startswith("0x"):
        return None
    return name


def book_of(names: Iterable[tuple[str, UUID]], networks: Iterable[tuple[str, UUID]] = ()) -> HostBook:
    """Make a host book. Raises `ValueError` for a name or network that is none."""
    by_name: dict[str, set[UUID]] = {}
    for value, party in names:
        name = normal_name(value)
        if name is None:
            raise ValueError(f"{value[:100]!r} is no host name")
        by_name.setdefault(name, set()).add(party)
    return HostBook(
        {name: frozenset(parties) for name, parties in by_name.items()},
        tuple((ipaddress.ip_network(value), party) for value, party in networks),
    )


def check_places(party: Party) -> None:
    """Return if the hosts and networks that a party is said to have can be matched. Raises `FactRefused`.

    One that cannot would shut every destination of everybody, since nothing could be told apart from it.
    """
    for scheme, value in party.identifiers:
        if scheme == "host" and normal_name(value) is None:
            raise FactRefused(
                "identifiers", f"{value[:100]!r} is no host name: write one such as hooks.example.com"
            )
        if scheme == "network":
            try:
                ipaddress.ip_network(value)
            except ValueError:
                raise FactRefused(
                    "identifiers", f"{value[:100]!r} is no network: write one such as 203.0.113.0/24"
                ) from None
