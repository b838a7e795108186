"""A time-stamping authority on loopback, for the demo: `python -m ringfence.embedded.authority run --var DIR`.

Its key is made at the first start, and stays in DIR/authority; `root.pem` there is what a reader is to trust. What it
is worth stands in `timestamping.py`.
"""

import argparse
import importlib.util
import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from ringfence.embedded import launch, places
from ringfence.embedded.errors import EmbeddedError

HOST = "127.0.0.1"
NAME = "Ringfence demo time (worth nothing)"
REQUEST_TYPE, REPLY_TYPE = "application/timestamp-query", "application/timestamp-reply"
MOST_REQUEST_BYTES = 4_096


class AuthorityServer:
    """An authority below `directory` (made 0700)."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self.root = self.directory / "root.pem"
        """The certificate that its time-stamps lead to."""
        self._signer, self._key = self.directory / "signer.pem", self.directory / "signer.key"
        self._port = self.directory / "port.json"

    @property
    def url(self) -> str:
        """Where it is asked. Raises `EmbeddedError` before `prepare`."""
        try:
            return f"http://{HOST}:{int(json.loads(self._port.read_text()))}/"
        except (OSError, ValueError, TypeError) as error:
            raise EmbeddedError(f"no time-stamping authority was prepared below {self.directory}") from error

    def prepare(self, *, anew: bool = False) -> None:
        """Make keys and choose a port, where there are none. Raises `EmbeddedError` without asn1crypto.

        `anew` takes another port: that of the last start may be somebody else's by now.
        """
        if not is_installed():
            raise EmbeddedError("no time-stamping authority is installed: pip install asn1crypto")
        places.make_private(self.directory)
        # The root's own key is kept nowhere: there is nothing more for it to sign.
        if not self.root.exists():
            # Here, not above: whoever only reads the address need not have asn1crypto.
            from ringfence.embedded.timestamping import TIME_STAMPING, issue

            root = issue(f"{NAME}, root")
            signer = issue(NAME, root, usages=TIME_STAMPING)
            places.write_private(self._key, signer.key_pem.decode())
            places.write_private(self._signer, signer.pem.decode())
            # Last: what is there in part is made anew.
            places.write_private(self.root, root.pem.decode())
        if anew or not self._port.exists():
            places.write_private(self._port, json.dumps(_free_port()))

    def serve(self) -> None:
        """Answer until the process ends. Raises `EmbeddedError` for keys that cannot be read, or a taken port."""
        from ringfence.embedded.timestamping import Authority, Issued

        try:
            key = load_pem_private_key(self._key.read_bytes(), None)
            certificate = load_pem_x509_certificate(self._signer.read_bytes())
        except (OSError, ValueError) as error:
            raise EmbeddedError(f"the authority's key in {self.directory} cannot be read: {error}") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise EmbeddedError(f"the authority's key in {self.directory} is not the one that was made")
        authority = Authority(Issued(certificate, key))
        port = int(self.url.rstrip("/").rpartition(":")[2])
        try:
            server = ThreadingHTTPServer((HOST, port), handler_of(authority.answer))
        except OSError as error:
            raise EmbeddedError(f"the authority cannot listen on port {port}: {error}") from error
        with server:
            server.serve_forever()


def handler_of(answer: Callable[[bytes], bytes]) -> type[BaseHTTPRequestHandler]:
    """Return what answers requests over HTTP as RFC 3161, 3.4 has it."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if self.headers.get_content_type() != REQUEST_TYPE or not length.isdecimal():
                self.send_error(415)
                return
            if int(length) > MOST_REQUEST_BYTES:
                self.send_error(413)
                return
            answered = answer(self.rfile.read(int(length)))
            self.send_response(200)
            self.send_header("Content-Type", REPLY_TYPE)
            self.send_header("Content-Length", str(len(answered)))
            self.end_headers()
            self.wfile.write(answered)

        def log_message(self, *arguments: object) -> None:
            return

    return Handler


def is_installed() -> bool:
    """Say whether what makes answers is there: it comes with the demo, and no production host has it."""
    return importlib.util.find_spec("asn1crypto") is not None


def _free_port() -> int:
    with socket.socket() as line:
        line.bind((HOST, 0))
        port: int = line.getsockname()[1]
        return port


def main(arguments: list[str] | None = None) -> int:
    """`run --var DIR`: be the authority of DIR/authority."""
    parser = argparse.ArgumentParser(prog="python -m ringfence.embedded.authority")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="the authority in the foreground, until it gets SIGTERM")
    run.add_argument("--var", type=Path, required=True, help="the folder that holds authority/")
    asked = parser.parse_args(arguments)
    parent = os.getppid()
    launch.end_with_parent(signal.SIGKILL)
    if os.getppid() != parent:
        return 1
    try:
        server = AuthorityServer(asked.var / "authority")
        server.prepare()
        server.serve()
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
