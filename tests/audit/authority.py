"""A time-stamping authority for tests, over real HTTP (RFC 3161), which can be made worse than it is."""

import hashlib
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey
TIME_STAMPING = (ExtendedKeyUsageOID.TIME_STAMPING,)
OPENSSL = shutil.which("openssl")
YEARS = timedelta(days=3_650)


@dataclass
class Issued:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def issue(
    name: str,
    issuer: Issued | None = None,
    *,
    usages: tuple[x509.ObjectIdentifier, ...] | None = None,
    critical: bool = True,
    ended: bool = False,
) -> Issued:
    """Make a root without `issuer`, an authority in between without `usages`, and else one that signs."""
    key, subject = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
    )
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - YEARS)
        .not_valid_after(now - timedelta(days=1) if ended else now + YEARS)
        .add_extension(x509.BasicConstraints(ca=usages is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key((issuer.key if issuer else key).public_key()),
            critical=False,
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=usages is not None, content_commitment=False, key_encipherment=False,
                data_encipherment=False, key_agreement=False, key_cert_sign=usages is None,
                crl_sign=usages is None, encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
    )  # fmt: skip
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(list(usages)), critical=critical)
    return Issued(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


class Answer(core.Sequence):  # type: ignore[misc]
    """RFC 3161, 2.4.2: without a token where it is refused."""

    _fields = [
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


@dataclass
class Authority:
    """Signs what it is asked, by `signer` below `root`; each field can be set to something wrong."""

    root: Issued
    signer: Issued
    between: tuple[Issued, ...] = ()
    status: str = "granted"
    imprint: bytes | None = None
    hash_name: str = "sha256"
    nonce: int | None = None
    without_nonce: bool = False
    at: datetime | None = None
    signed_by: Key | None = None
    names_itself: bool = True
    asked: list[bytes] = field(default_factory=list)

    @classmethod
    def new(cls, name: str = "Tests' time", **more: Any) -> "Authority":
        root = issue(f"{name}, root")
        return cls(root, issue(name, root, usages=TIME_STAMPING), **more)

    def but(self, **changes: Any) -> "Authority":
        return replace(self, **changes)

    def answer(self, body: bytes) -> bytes:
        """Return the DER TimeStampResp to a DER TimeStampReq."""
        self.asked.append(body)
        request = tsp.TimeStampReq.load(body)
        status = {"status": self.status}
        if self.status == "rejection":
            return bytes(Answer({"status": status | {"status_string": ["not today"]}}).dump())
        info: dict[str, Any] = {
            "version": "v1",
            "policy": "1.3.6.1.4.1.32473.1",
            "message_imprint": {
                "hash_algorithm": {"algorithm": self.hash_name},
                "hashed_message": self.imprint or request["message_imprint"]["hashed_message"].native,
            },
            "serial_number": len(self.asked),
            "gen_time": self.at or datetime.now(UTC).replace(microsecond=0),
        }
        if not self.without_nonce:
            info["nonce"] = self.nonce or request["nonce"].native
        return bytes(Answer({"status": status, "time_stamp_token": self._signed(tsp.TSTInfo(info))}).dump())

    def _signed(self, info: tsp.TSTInfo) -> cms.ContentInfo:
        content, sha256 = info.dump(), {"algorithm": "sha256"}
        der = self.signer.certificate.public_bytes(serialization.Encoding.DER)
        certificate = asn1_x509.Certificate.load(der)
        ess = tsp.SigningCertificateV2({"certs": [{"cert_hash": hashlib.sha256(der).digest()}]})
        attributes = cms.CMSAttributes(
            [
                {"type": "content_type", "values": ["tst_info"]},
                {"type": "message_digest", "values": [hashlib.sha256(content).digest()]},
                *([{"type": "signing_certificate_v2", "values": [ess]}] if self.names_itself else []),
            ]
        )
        key = self.signed_by or self.signer.key
        signer = {
            "version": "v1",
            "sid": {
                "issuer_and_serial_number": {
                    "issuer": certificate.issuer,
                    "serial_number": certificate.serial_number,
                }
            },
            "digest_algorithm": sha256,
            "signed_attrs": attributes,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
            "signature": key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
        }
        chain = [
            each.certificate.public_bytes(serialization.Encoding.DER) for each in (self.signer, *self.between)
        ]
        signed = {
            "version": "v3",
            "digest_algorithms": [sha256],
            "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(content)},
            "certificates": [
                cms.CertificateChoices("certificate", asn1_x509.Certificate.load(each)) for each in chain
            ],
            "signer_infos": [signer],
        }
        return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})


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


def openssl_answers(folder: Path, authority: Authority) -> Callable[[bytes], bytes]:
    """Return what answers as OpenSSL's own authority does, with the keys of `authority`."""
    assert OPENSSL is not None
    (folder / "signer.pem").write_bytes(authority.signer.pem)
    (folder / "signer.key").write_bytes(authority.signer.key_pem)
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(
        "[tsa]\ndefault_tsa = here\n[here]\nserial = serial\nsigner_cert = signer.pem\nsigner_key = signer.key\n"
        "signer_digest = sha256\ndefault_policy = 1.3.6.1.4.1.32473.1\ndigests = sha256\n"
        "ess_cert_id_alg = sha256\n"
    )

    def answer(body: bytes) -> bytes:
        (folder / "query").write_bytes(body)
        command = [OPENSSL, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        return (folder / "reply").read_bytes()

    return answer
