"""A time-stamping authority for tests, over real HTTP (RFC 3161), which can be made worse than it is."""

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from asn1crypto import tsp

from ringfence.embedded import timestamping
from ringfence.embedded.timestamping import TIME_STAMPING, Issued, Key, issue

OPENSSL = shutil.which("openssl")


@dataclass(kw_only=True)
class Authority(timestamping.Authority):
    """The demo's authority, below `root`; each field can be set to something wrong."""

    root: Issued
    imprint: bytes | None = None
    hash_name: str = "sha256"
    nonce: int | None = None
    without_nonce: bool = False
    at: datetime | None = None
    signed_by: Key | None = None
    names_itself: bool = True
    names: bytes | None = None
    signed_as: str = "tst_info"
    signed_digest: bytes | None = None
    extended: bool = False
    asked: list[bytes] = field(default_factory=list)

    @classmethod
    def new(cls, name: str = "Tests' time", **more: Any) -> "Authority":
        root = issue(f"{name}, root")
        return cls(signer=issue(name, root, usages=TIME_STAMPING), root=root, **more)

    def but(self, **changes: Any) -> "Authority":
        return replace(self, **changes)

    def answer(self, body: bytes) -> bytes:
        self.asked.append(body)
        return self.refusal("not today") if self.status == "rejection" else super().answer(body)

    def told(self, request: tsp.TimeStampReq) -> dict[str, Any]:
        info = super().told(request)
        info["message_imprint"]["hash_algorithm"] = {"algorithm": self.hash_name}
        if self.imprint:
            info["message_imprint"]["hashed_message"] = self.imprint
        if self.without_nonce:
            del info["nonce"]
        elif self.nonce:
            info["nonce"] = self.nonce
        if self.at:
            info["gen_time"] = self.at
        if self.extended:
            info["extensions"] = [{"extn_id": "1.3.6.1.4.1.32473.9", "critical": True, "extn_value": b"\5\0"}]
        return info

    def attributes(self, content: bytes, certificate: bytes) -> list[dict[str, Any]]:
        kind, digest, named = super().attributes(content, self.names or certificate)
        kind["values"] = [self.signed_as]
        if self.signed_digest:
            digest["values"] = [self.signed_digest]
        return [kind, digest, *([named] if self.names_itself else [])]

    def key(self) -> Key:
        return self.signed_by or super().key()


class Http:
    """How an authority is served: `answer` makes the body, the rest can be made worse."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self.answer = answer
        self.status, self.content_type = 200, "application/timestamp-reply"
        self.location = ""
        self.pause = 0.0
        self.url = ""


@contextmanager
def served(answer: Callable[[bytes], bytes]) -> Iterator[Http]:
    """Serve on this machine."""
    http = Http(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            answered = http.answer(body)
            time.sleep(http.pause)
            try:
                self.send_response(http.status)
                self.send_header("Content-Type", http.content_type)
                self.send_header("Content-Length", str(len(answered)))
                if http.location:
                    self.send_header("Location", http.location)
                self.end_headers()
                self.wfile.write(answered)
            except OSError:
                return

        def log_message(self, *arguments: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        http.url = f"http://127.0.0.1:{server.server_address[1]}/tsa"
        try:
            yield http
        finally:
            server.shutdown()
            thread.join()


def openssl_verifies(folder: Path, content: bytes, token: bytes, root: Issued) -> bool:
    """Ask OpenSSL whether a time-stamp holds for these bytes, below this root."""
    assert OPENSSL is not None
    for name, written in (("content", content), ("token", token), ("roots", root.pem)):
        (folder / name).write_bytes(written)
    command = [OPENSSL, "ts", "-verify", "-data", "content", "-in", "token", "-CAfile", "roots"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done.returncode == 0 and "Verification: OK" in done.stdout + done.stderr


def openssl_answers(
    folder: Path, authority: Authority, *, digest: str = "sha256", names_by: str = "sha256"
) -> Callable[[bytes], bytes]:
    """Return what answers as OpenSSL's own authority does, with the keys of `authority`."""
    assert OPENSSL is not None
    (folder / "signer.pem").write_bytes(authority.signer.pem)
    (folder / "signer.key").write_bytes(authority.signer.key_pem)
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(
        "[tsa]\ndefault_tsa = here\n[here]\nserial = serial\nsigner_cert = signer.pem\nsigner_key = signer.key\n"
        f"signer_digest = {digest}\ndefault_policy = 1.3.6.1.4.1.32473.1\ndigests = sha256\n"
        f"ess_cert_id_alg = {names_by}\n"
    )

    def answer(body: bytes) -> bytes:
        (folder / "query").write_bytes(body)
        command = [OPENSSL, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        return (folder / "reply").read_bytes()

    return answer
