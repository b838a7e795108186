"""The witness over HTTP, on the standard library alone: small bodies, little patience, few at once.

POST <prefix>/add-checkpoint                        cosign, or say why not
GET  <prefix>/<hex SHA-256 of the origin>/checkpoint   the newest checkpoint that was cosigned
"""

import logging
import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from audit.witness.judging import TEXT_TYPE, Refused
from audit.witness.memory import Witness

LONGEST_BODY = 256 * 1024
LONGEST_SECONDS = 10.0
MOST_AT_ONCE = 32

_LENGTH = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)

logger = logging.getLogger("ringfence.audit.witness")


class WitnessServer(ThreadingHTTPServer):
    """Answers for one witness. More than `MOST_AT_ONCE` connections are closed unheard."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], witness: Witness, *, prefix: str = "") -> None:
        self.witness, self.prefix = witness, prefix
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give the connection a thread and a last moment, or close it when there is no place."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection; whoever dawdles loses it, however it dawdles."""
        clock = threading.Timer(LONGEST_SECONDS, _hang_up, [request])
        clock.daemon = True
        clock.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            clock.cancel()
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that breaks is no news."""
        logger.info("a connection broke", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: WitnessServer
    server_version, sys_version = "witness", ""
    timeout = LONGEST_SECONDS

    def do_POST(self) -> None:
        if self.path != f"{self.server.prefix}/add-checkpoint":
            self._answer(404, b"there is nothing here\n")
            return
        try:
            lines = self.server.witness.add_checkpoint(self._body())
        except Refused as refused:
            logger.info("refused with %d: %s", refused.status, refused)
            self._answer(refused.status, refused.body, refused.content_type)
        except Exception:
            # Whatever broke, nothing was cosigned, and the client may try again.
            logger.exception("a submission failed")
            self._answer(500, b"the witness failed\n")
        else:
            self._answer(200, lines)

    def do_GET(self) -> None:
        digest, slash, rest = self.path.removeprefix(f"{self.server.prefix}/").partition("/")
        note = self.server.witness.newest(digest) if slash and rest == "checkpoint" else None
        if note is None:
            self._answer(404, b"there is nothing here\n")
        else:
            self._answer(200, note)

    def _body(self) -> bytes:
        """Return the whole body. Raises `Refused` for one without a plain length, or too long."""
        lengths = self.headers.get_all("Content-Length", [])
        if self.headers.get("Transfer-Encoding") or len(lengths) != 1 or not _LENGTH.fullmatch(lengths[0]):
            raise Refused(411, "a submission states its length")
        length = int(lengths[0])
        if length > LONGEST_BODY:
            raise Refused(413, f"a submission has at most {LONGEST_BODY} bytes")
        body = self.rfile.read(length)
        if len(body) != length:
            raise Refused(400, "the submission was cut short")
        return body

    def _answer(self, status: int, body: bytes, content_type: str = TEXT_TYPE) -> None:
        # Said and meant: a body that was not read must not be taken for the next request.
        self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing of requests: whoever asks a witness is not its business."""


def _hang_up(request: socket.socket) -> None:
    try:
        request.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
