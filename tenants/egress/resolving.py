"""Looks a name up, once and within a time. The only place of the platform that asks for names of others."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong

from tenants.egress.addresses import Address, read_address

Resolver = Callable[[str, int, float], tuple[Address, ...]]
"""(name, port, seconds) -> addresses; empty when there are none, or none in time."""

MOST_ADDRESSES = 16
_askers = ThreadPoolExecutor(8, thread_name_prefix="names")


def look_up(name: str, port: int, seconds: float) -> tuple[Address, ...]:
    """Ask the machine's resolver, which knows no time limit of its own: a thread waits for it."""
    asked = _askers.submit(socket.getaddrinfo, name, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    try:
        found = asked.result(timeout=max(seconds, 0.0))
    except (OSError, UnicodeError, TooLong):
        asked.cancel()
        return ()
    # An address with a scope (`fe80::1%2`) stays one: it is refused as not public.
    read = (read_address(str(entry[4][0])) for entry in found)
    unique = dict.fromkeys(address for address in read if address is not None)
    return tuple(unique)[: MOST_ADDRESSES + 1]
