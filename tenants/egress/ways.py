"""From an address to a way that may be taken: judged by name, resolved once, judged by every resolved address.

A `Way` is the only thing that `client.send` takes. It names the judged addresses, and connections go to
those: nobody looks the name up a second time, so a name that changes its mind in between leads nowhere else.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from tenants.egress.addresses import Address, is_public, read_address
from tenants.egress.places import Place, read_place
from tenants.egress.resolving import MOST_ADDRESSES, Resolver
from tenants.egress.trouble import NotSent, Trouble
from tenants.neutrality.destinations import Destination, DestinationVerdict, Point
from tenants.neutrality.destinations import Trouble as Unclean
from tenants.neutrality.explain import destination_in_own_words

Judge = Callable[[Destination], DestinationVerdict]
"""The tenant's verdict on a destination, as it is now."""

FRESH_SECONDS = 10.0
"""A way is taken at once or not at all: policies and owners change."""
LOOK_UP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Way:
    """A place that the tenant's policy allows, with the addresses that were judged."""

    place: Place
    addresses: tuple[Address, ...]
    parties: frozenset[UUID]
    judged_at: float = field(default_factory=time.monotonic)
    hops: tuple[str, ...] = ()

    @property
    def fresh(self) -> bool:
        """Whether the verdict is new enough to act on."""
        return time.monotonic() - self.judged_at <= FRESH_SECONDS


def find_way(
    url: str,
    judge: Judge,
    *,
    resolver: Resolver,
    loopback: bool = False,
    seconds: float = LOOK_UP_SECONDS,
) -> Way:
    """Return the way to `url`. Raises `NotSent`, whose `words` name only what `url` said.

    With `loopback`, which only a demo or a test sets, addresses of this machine are let through: the name
    is judged all the same, and every other address as ever.
    """
    return way_to(
        read_place(url, loopback=loopback), judge, resolver=resolver, loopback=loopback, seconds=seconds
    )


def way_to(
    place: Place,
    judge: Judge,
    *,
    resolver: Resolver,
    loopback: bool = False,
    seconds: float = LOOK_UP_SECONDS,
    before: tuple[str, ...] = (),
) -> Way:
    """Return the way to a place; `before` are the hosts that a redirect came through, judged along with it."""
    here = _this_machine if loopback else _nothing
    first, further = (before[0], (*before[1:], place.host)) if before else (place.host, ())
    literal = read_address(place.host)
    if literal is None:
        # A name that is not clean is not even looked up: the question itself would tell its owner something.
        _refuse(judge(Destination(first, further)), place, lambda point: _not_looked_up(point) or here(point))
    found = (literal,) if literal is not None else resolver(place.host, place.port, seconds)
    if len(found) > MOST_ADDRESSES:
        raise NotSent(Trouble.NOT_ALLOWED, place.host, words=(f"{place.host} {Unclean.TOO_MANY.value}",))
    if not found:
        raise NotSent(Trouble.NO_ADDRESS, place.host, words=(f"{place.host} {Unclean.NOWHERE.value}",))
    inside = loopback and all(address.is_loopback for address in found)
    if not inside and not all(is_public(address) for address in found):
        raise NotSent(Trouble.NOT_PUBLIC, place.host, words=(f"{place.host} {Trouble.NOT_PUBLIC.value}",))
    verdict = judge(Destination(first, further, tuple(str(address) for address in found)))
    _refuse(verdict, place, here)
    return Way(place, found, verdict.parties, hops=before)


def _refuse(verdict: DestinationVerdict, place: Place, ignore: Callable[[Point], bool]) -> None:
    """Raise unless the verdict allows, or holds nothing but points that do not count here."""
    if verdict:
        return
    against = tuple(point for point in verdict.points if not ignore(point))
    if against or not verdict.points:
        told = DestinationVerdict(verdict.outcome, against or verdict.points, verdict.parties)
        words = destination_in_own_words(told)
        raise NotSent(
            Trouble.NOT_ALLOWED, place.host, words=words or (f"{place.host} {Trouble.NOT_ALLOWED.value}",)
        )


def _not_looked_up(point: Point) -> bool:
    return point.trouble is Unclean.NOWHERE


def _this_machine(point: Point) -> bool:
    address = read_address(point.value)
    return point.trouble is Unclean.NOT_PUBLIC and address is not None and address.is_loopback


def _nothing(point: Point) -> bool:
    return False
