"""The one outbound HTTP client. It takes ways that were judged, and nothing else.

No redirect is followed unless the caller allows hops, and then each is judged like the first address. Settings
of proxies in the environment mean nothing here: bytes go to the judged address. Retries are the caller's.
"""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, IncompleteRead
from typing import Final
from urllib.parse import urlsplit

from tenants.egress.places import next_place
from tenants.egress.resolving import Resolver
from tenants.egress.trouble import NotSent, Trouble
from tenants.egress.ways import Judge, Way, way_to
from tenants.egress.wire import Overlong, Wire, connect, seconds_until, trusting_the_machine

AGENT: Final = "Ringfence/1"
LONGEST_SECONDS: Final = 10.0
MOST_BYTES: Final = 64 * 1024
"""Of an answer, its headers included."""
PIECE: Final = 8_192
MOST_TRIED: Final = 4
MOST_HOPS: Final = 3
KEEPS_METHOD: Final = frozenset({307, 308})
REDIRECTS: Final = frozenset({301, 302, 303}) | KEEPS_METHOD
ADDED: Final = frozenset(
    {"host", "content-length", "connection", "transfer-encoding", "accept-encoding", "user-agent"}
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Onward:
    """How redirects are followed: at most `hops` of them, each judged before anything is sent to it."""

    judge: Judge
    resolver: Resolver
    hops: int = MOST_HOPS


def send(
    way: Way,
    method: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    seconds: float = LONGEST_SECONDS,
    most_bytes: int = MOST_BYTES,
    loopback: bool = False,
    onward: Onward | None = None,
) -> Answer:
    """Send one request along `way` and return the answer, all hops together within `seconds`.

    Raises `NotSent`: a redirect too, unless `onward` says how to follow it. A redirect that would change the
    method is not followed.
    """
    if any(name.lower() in ADDED for name in headers or {}):
        raise ValueError("the client sets these headers itself")
    deadline = time.monotonic() + seconds
    tls = trusting_the_machine()
    hops = min(onward.hops, MOST_HOPS) if onward is not None else 0
    while True:
        if not way.fresh:
            raise NotSent(Trouble.LATE, way.place.host)
        answer = _once(way, method, headers or {}, body, deadline=deadline, most_bytes=most_bytes, tls=tls)
        if answer.status not in REDIRECTS:
            return answer
        follows = answer.status in KEEPS_METHOD or method in {"GET", "HEAD"}
        if onward is None or hops <= 0 or not follows:
            raise NotSent(Trouble.REDIRECT, way.place.host, sent=True, words=_where_to(way, answer))
        hops -= 1
        way = way_to(
            next_place(way.place, answer.headers.get("location", ""), loopback=loopback),
            onward.judge,
            resolver=onward.resolver,
            loopback=loopback,
            seconds=_left(deadline, way),
            before=(*way.hops, way.place.host),
        )


def _once(
    way: Way,
    method: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    deadline: float,
    most_bytes: int,
    tls: ssl.SSLContext,
) -> Answer:
    connection, wire = _connected(way, deadline=deadline, most_bytes=most_bytes, tls=tls)
    host = way.place.host
    try:
        connection.putrequest(method, way.place.path, skip_host=True, skip_accept_encoding=True)
        for name, value in _headers(way, headers, body).items():
            connection.putheader(name, value)
        connection.endheaders(body or None)
        response = connection.getresponse()
        # In pieces: the length that an answer claims is not believed, and nothing of that size is made room for.
        read = b"".join(iter(lambda: response.read(PIECE), b""))
        if response.length:
            raise IncompleteRead(b"", response.length)
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, read)
    except TimeoutError as late:
        raise NotSent(Trouble.TOO_SLOW, host, sent=True) from late
    except Overlong as overlong:
        raise NotSent(Trouble.TOO_LARGE, host, sent=True) from overlong
    except (HTTPException, ValueError) as garbled:
        raise NotSent(Trouble.NOT_HTTP, host, sent=True) from garbled
    except OSError as broken:
        raise NotSent(Trouble.BROKEN, host, sent=True) from broken
    finally:
        wire.end()


def _connected(
    way: Way, *, deadline: float, most_bytes: int, tls: ssl.SSLContext
) -> tuple[HTTPConnection, Wire]:
    """Try the judged addresses in order; whatever the last failure was is what is told."""
    trouble, cause = Trouble.NO_CONNECTION, OSError()
    for address in way.addresses[:MOST_TRIED]:
        try:
            return connect(way.place, address, deadline=deadline, most_bytes=most_bytes, tls=tls)
        except TimeoutError as late:
            trouble, cause = Trouble.TOO_SLOW, late
        except ssl.SSLError as untrusted:
            trouble, cause = Trouble.TLS, untrusted
        except OSError as broken:
            trouble, cause = Trouble.NO_CONNECTION, broken
    raise NotSent(trouble, way.place.host) from cause


def _headers(way: Way, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """Return all headers: the caller's, and those that only this module sets."""
    return {
        "Host": way.place.authority,
        "User-Agent": AGENT,
        "Accept-Encoding": "identity",
        "Connection": "close",
        **({"Content-Length": str(len(body))} if body else {}),
        **headers,
    }


def _where_to(way: Way, answer: Answer) -> tuple[str, ...]:
    """Say where a redirect leads, by its host alone."""
    try:
        host = urlsplit(answer.headers.get("location", "")).hostname or way.place.host
    except ValueError:
        host = "an address that cannot be read"
    shown = "".join(c for c in host[:100] if c.isprintable())
    return (f"{way.place.host} {Trouble.REDIRECT.value} ({shown}); write that address yourself",)


def _left(deadline: float, way: Way) -> float:
    try:
        return seconds_until(deadline)
    except TimeoutError as late:
        raise NotSent(Trouble.TOO_SLOW, way.place.host, sent=True) from late
