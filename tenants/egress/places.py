"""Addresses as people write them, read strictly: https, a host, perhaps a port, a path. Pure."""

from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from tenants.egress.addresses import read_address
from tenants.egress.trouble import NotSent, Trouble
from tenants.neutrality.destinations import normal_name

LONGEST = 2_000
HTTPS = 443
FREE_PORTS = range(1_024, 65_536)
"""Ports below are other services': mail, shells, name servers."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one request goes. `path` may hold a secret of the receiver, so it is in no message of ours."""

    host: str
    port: int
    path: str = field(repr=False)
    secure: bool = True

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = HTTPS if self.secure else 80
        return host if self.port == usual else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address."""
        return f"{'https' if self.secure else 'http'}://{self.authority}{self.path}"


def read_place(url: str, *, loopback: bool = False) -> Place:
    """Return the place that `url` names. Raises `NotSent`.

    With `loopback`, which only a demo or a test sets, plain http to an address of this machine is read too.
    """
    if (
        not url
        or len(url) > LONGEST
        or not url.isascii()
        or any(c.isspace() or not c.isprintable() for c in url)
    ):
        raise NotSent(Trouble.MALFORMED, "", words=("write an https address without spaces, in ASCII",))
    try:
        parts = urlsplit(url)
        port, written = parts.port, parts.hostname or ""
    except ValueError as malformed:
        raise NotSent(Trouble.MALFORMED, "", words=("the address cannot be read",)) from malformed
    if "\\" in url or "#" in url or "%" in parts.netloc:
        raise NotSent(Trouble.MALFORMED, "", words=("leave out what follows #, and signs that no host has",))
    if "@" in parts.netloc:
        raise NotSent(
            Trouble.MALFORMED, "", words=("leave out name and password; requests are signed instead",)
        )
    address = read_address(written)
    host = str(address) if address is not None else normal_name(written)
    if not host or parts.netloc.startswith(":"):
        raise NotSent(
            Trouble.MALFORMED, "", words=("the host is neither a name nor an address in its usual form",)
        )
    plain = parts.scheme == "http" and loopback and address is not None and address.is_loopback
    if parts.scheme != "https" and not plain:
        raise NotSent(Trouble.MALFORMED, host, words=("only https is spoken",))
    port = port if port is not None else HTTPS
    if port != HTTPS and port not in FREE_PORTS:
        raise NotSent(
            Trouble.MALFORMED, host, words=(f"use port {HTTPS}, or one from {FREE_PORTS.start} up",)
        )
    path = parts.path or "/"
    return Place(host, port, f"{path}?{parts.query}" if parts.query else path, secure=not plain)


def next_place(place: Place, location: str, *, loopback: bool = False) -> Place:
    """Return where a redirect from `place` leads; read as strictly as what a person writes. Raises `NotSent`."""
    try:
        joined = urljoin(place.url, location)
    except ValueError as malformed:
        raise NotSent(Trouble.MALFORMED, "", words=("the redirect cannot be read",)) from malformed
    return read_place(joined, loopback=loopback)
