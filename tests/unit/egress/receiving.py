"""Receivers on loopback for tests of ways out: real sockets, real TLS under an authority of the tests' own."""

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tenants.egress.addresses import Address

LOOPBACK = ipaddress.ip_address("127.0.0.1")
OK = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass
class Request:
    """One request as it came over the wire."""

    head: str
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        lines = self.head.split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}


@dataclass
class Receiver:
    """A server that does with each connection what a test tells it to."""

    port: int
    requests: list[Request] = field(default_factory=list)
    connections: int = 0


Conduct = Callable[[socket.socket, Receiver], None]


def answering(*answers: bytes) -> Conduct:
    """Read a request, then send an answer: one after the other, the last one for ever."""

    def conduct(peer: socket.socket, receiver: Receiver) -> None:
        receiver.requests.append(read_request(peer))
        peer.sendall(answers[min(len(receiver.requests), len(answers)) - 1])

    return conduct


def read_request(peer: socket.socket) -> Request:
    got = b""
    while b"\r\n\r\n" not in got:
        piece = peer.recv(4096)
        if not piece:
            break
        got += piece
    head, _, body = got.partition(b"\r\n\r\n")
    request = Request(head.decode("latin-1"), body)
    while len(request.body) < int(request.headers.get("content-length", "0")):
        request.body += peer.recv(4096)
    return request


@contextmanager
def receiver(conduct: Conduct, *, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Listen until the block ends; every connection is served by a thread that the block waits for."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    there = Receiver(listener.getsockname()[1])
    ended = threading.Event()

    def serve(peer: socket.socket) -> None:
        try:
            peer.settimeout(20)
            with tls.wrap_socket(peer, server_side=True) if tls else peer as secured:
                conduct(secured, there)
        except OSError:
            return

    def listen() -> None:
        served = []
        while not ended.is_set():
            try:
                peer, _ = listener.accept()
            except TimeoutError:
                continue
            there.connections += 1
            served.append(threading.Thread(target=serve, args=(peer,)))
            served[-1].start()
        for thread in served:
            thread.join(30)

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield there
    finally:
        ended.set()
        thread.join(60)
        listener.close()


class Authority:
    """Signs certificates. Trusted by whoever names `bundle` in `SSL_CERT_FILE`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Authority of the tests")])
        certificate = (
            self._begun(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.bundle = folder / "authority.pem"
        self.bundle.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def serving(self, *names: str, days: int = 1) -> ssl.SSLContext:
        """Return TLS of a server with a certificate for these names, valid for so many days from yesterday."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
        certificate = (
            self._begun(subject, key.public_key(), days)
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        file = self.folder / f"{names[0]}-{days}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(file)
        return tls

    def _begun(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, days: int = 1
    ) -> x509.CertificateBuilder:
        begun = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begun)
            .not_valid_after(begun + datetime.timedelta(days=1 + days))
        )


class Names:
    """A resolver that says what a test tells it, and remembers what it was asked."""

    def __init__(self, **known: str | tuple[str, ...]) -> None:
        self.known = {name.replace("_", "."): value for name, value in known.items()}
        self.asked: list[str] = []

    def __call__(self, name: str, port: int, seconds: float) -> tuple[Address, ...]:
        self.asked.append(name)
        found = self.known.get(name, ())
        written = (found,) if isinstance(found, str) else found
        return tuple(ipaddress.ip_address(each) for each in written)
