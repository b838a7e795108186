"""One connection to one judged address: TLS for the name, an end to all waiting, a bound on all reading."""

import io
import socket
import ssl
import time
from http.client import HTTPConnection
from typing import TYPE_CHECKING

from tenants.egress.addresses import Address
from tenants.egress.places import Place

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


class Overlong(Exception):
    """More bytes came than are read."""


class Wire:
    """A socket for `http.client`, whose every wait ends at one deadline and whose reading ends at a bound.

    A timeout of the socket alone starts anew with each byte, so a peer that drips could hold on for ever.
    """

    def __init__(self, raw: socket.socket, deadline: float, most_bytes: int) -> None:
        self._raw, self._deadline, self._left = raw, deadline, most_bytes

    def sendall(self, content: "ReadableBuffer") -> None:
        """Send everything before the deadline. Raises `TimeoutError` and other `OSError`."""
        view = memoryview(content)
        while view:
            self._raw.settimeout(seconds_until(self._deadline))
            view = view[self._raw.send(view) :]

    def receive_into(self, buffer: memoryview) -> int:
        """Read once. Raises `TimeoutError`, `Overlong` and other `OSError`."""
        self._raw.settimeout(seconds_until(self._deadline))
        count = self._raw.recv_into(buffer)
        self._left -= count
        if self._left < 0:
            raise Overlong
        return count

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return the reader that `http.client` reads an answer from."""
        return io.BufferedReader(_Reader(self), 8_192)

    def close(self) -> None:
        """Do nothing: `http.client` closes before it has read the body of an answer without a length."""

    def end(self) -> None:
        """End the connection."""
        self._raw.close()


class _Reader(io.RawIOBase):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        return self._wire.receive_into(memoryview(buffer).cast("B"))


def connect(
    place: Place, address: Address, *, deadline: float, most_bytes: int, tls: ssl.SSLContext
) -> tuple[HTTPConnection, Wire]:
    """Connect to `address`, whatever the name resolves to by now. The caller ends the wire.

    Raises `ssl.SSLError` and other `OSError`.
    """
    raw = socket.create_connection((str(address), place.port), timeout=seconds_until(deadline))
    try:
        if place.secure:
            raw.settimeout(seconds_until(deadline))
            raw = tls.wrap_socket(raw, server_hostname=place.host)
    except BaseException:
        raw.close()
        raise
    connection = HTTPConnection(place.host, place.port)
    wire = Wire(raw, deadline, most_bytes)
    connection.sock = wire
    return connection, wire


def seconds_until(deadline: float) -> float:
    """Return the seconds left. Raises `TimeoutError` when there are none: 0 would mean not to block."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def trusting_the_machine() -> ssl.SSLContext:
    """Return TLS that checks names and chains against the machine's authorities, `SSL_CERT_FILE` included.

    Not `ssl.create_default_context`, which writes keys into the file that `SSLKEYLOGFILE` names.
    """
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.load_default_certs()
    return tls
