"""An authority whose answers can be made wrong byte by byte, and certificates that can be made wrong field by field."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from asn1crypto import cms, core, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.audit.authority import Authority
from tests.unit.audit import stamping

AnyKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
AT = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
GRANTED = bytes.fromhex("3003020100")
ODD_CERTIFICATES = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
ODD_NAMES = pytest.mark.filterwarnings("ignore:Attribute's length must be")
"""Of a bit that is flipped `cryptography` may say that it will be refused some day, and of a name that it is long."""
DAYS = timedelta(days=400)
FOR_TIME = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)
HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


@dataclass
class Made:
    """A certificate, as its bytes, which need not parse, and its key."""

    der: bytes
    key: Any
    subject: x509.Name

    @property
    def pem(self) -> bytes:
        return pem_of(self.der)


def pem_of(der: bytes) -> bytes:
    from base64 import encodebytes

    return b"-----BEGIN CERTIFICATE-----\n" + encodebytes(der) + b"-----END CERTIFICATE-----\n"


def certificate(
    name: str | x509.Name,
    issuer: Made | None = None,
    *,
    constraints: tuple[bool, int | None] | None = (True, None),
    usage: str | None = "c",
    key: AnyKey | None = None,
    signed_by: AnyKey | None = None,
    days: tuple[timedelta, timedelta] = (-DAYS, DAYS),
    more: Sequence[tuple[x509.ExtensionType, bool]] = (),
    hashed: str = "sha256",
    pss: bool = False,
    serial: int = 77,
    identified: bool = True,
    change: Callable[[bytes], bytes] = bytes,
) -> Made:
    """Make one; `usage` has c for certificates, d and n for signing, and None leaves it out."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    signing = signed_by or (issuer.key if issuer else key)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) if isinstance(name, str) else name
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(AT + days[0])
        .not_valid_after(AT + days[1])
    )
    if constraints:
        builder = builder.add_extension(x509.BasicConstraints(*constraints), critical=True)
    if usage is not None:
        marks = dict.fromkeys(("key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
                               "decipher_only"), False)  # fmt: skip
        builder = builder.add_extension(
            x509.KeyUsage(digital_signature="d" in usage, content_commitment="n" in usage,
                          key_cert_sign="c" in usage, crl_sign="r" in usage, **marks), critical=True)  # fmt: skip
    if identified:
        above = (issuer.key if issuer else key).public_key()
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above), False)
    for extension, critical in more:
        builder = builder.add_extension(extension, critical)
    kind = HASHES[hashed]
    padded = padding.PSS(padding.MGF1(kind), padding.PSS.DIGEST_LENGTH) if pss else None
    algorithm = None if isinstance(signing, ed25519.Ed25519PrivateKey) else kind
    made = builder.sign(signing, algorithm, rsa_padding=padded)
    return Made(change(made.public_bytes(Encoding.DER)), key, subject)


def for_time(issuer: Made | None = None, name: str | x509.Name = "S", **more: Any) -> Made:
    """Make the certificate of an authority."""
    more = {"constraints": None, "usage": "d", **more}
    more["more"] = (*more.pop("purposes", (FOR_TIME,)), *more.get("more", ()))
    return certificate(name, issuer, **more)


def extension(oid: str, der: bytes, *, critical: bool = False) -> tuple[x509.ExtensionType, bool]:
    """Return an extension of these bytes."""
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), der), critical


@dataclass(kw_only=True)
class Forger(Authority):
    """Answers as it is told to; nothing is checked."""

    by: Made
    brought: Sequence[bytes] | None = None
    hashed: str = "sha256"
    scheme: str = ""
    """The name of the algorithm in the answer; the one that fits the key by default."""
    content: Callable[[bytes], bytes] = bytes
    """Changes the TSTInfo before it is signed."""
    attribute: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = list
    signature: Callable[[bytes], bytes] = bytes
    info: Callable[[dict[str, Any]], None] = lambda info: None
    signed_content: str = "tst_info"
    answered: Callable[[bytes], bytes] = field(default=bytes)

    def answer(self, body: bytes) -> bytes:
        info = tsp.TSTInfo(self.told(tsp.TimeStampReq.load(body)))
        token = _tagged(0x30, SIGNED_DATA + _tagged(0xA0, self._data(self.content(info.dump()))))
        return self.answered(_tagged(0x30, GRANTED + token))

    def _data(self, content: bytes) -> bytes:
        named = x509.load_der_x509_certificate(self.by.der) if _parses(self.by.der) else None
        attributes = cms.CMSAttributes(self.attribute(self.attributes(content, self.by.der)))
        issuer = cms.Name.load(named.issuer.public_bytes()) if named else cms.Name.build({"common_name": "?"})
        signer: dict[str, Any] = {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                cms.IssuerAndSerialNumber(
                    {"issuer": issuer, "serial_number": named.serial_number if named else 1}
                ),
            ),
            "digest_algorithm": {"algorithm": self.hashed},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": self.scheme or self._fitting()},
            "signature": self.signature(self._sign(attributes.dump())),
        }
        self.info(signer)
        chain = [self.by.der, *(each.certificate.public_bytes(Encoding.DER) for each in self.between)]
        brought = chain if self.brought is None else self.brought
        digests = cms.DigestAlgorithms([{"algorithm": self.hashed}]).dump()
        kind = cms.ContentType(self.signed_content).dump()
        capsule = _tagged(0x30, kind + _tagged(0xA0, _tagged(0x04, content)))
        # Whatever these bytes are.
        certificates = _tagged(0xA0, b"".join(brought)) if brought else b""
        signers = cms.SignerInfos([signer]).dump()
        return _tagged(0x30, core.Integer(3).dump() + digests + capsule + certificates + signers)

    def _fitting(self) -> str:
        return f"{self.hashed}_{'rsa' if isinstance(self.by.key, rsa.RSAPrivateKey) else 'ecdsa'}"

    def _sign(self, content: bytes) -> bytes:
        key, kind = self.signed_by or self.by.key, HASHES[self.hashed]
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(content, padding.PKCS1v15(), kind)
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return key.sign(content)
        return key.sign(content, ec.ECDSA(kind))


def _parses(der: bytes) -> bool:
    try:
        x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion):
        return False
    return True


def _tagged(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else (lambda raw: bytes([0x80 | len(raw)]) + raw)(
        size.to_bytes((size.bit_length() + 7) // 8, "big")
    )  # fmt: skip
    return bytes([tag]) + length + content


Row = tuple[str, "Forger", bytes]
"""What is made wrong, the authority that does so, and what the reader trusts."""


@cache
def root() -> Made:
    return certificate("R")


@cache
def signer() -> Made:
    return for_time(root())


@cache
def stranger() -> Made:
    return certificate("R of others")


def forger(by: Made | None = None, **more: Any) -> Forger:
    """Return an authority that signs by `by`; without more, everything about its answers is right."""
    tsa = stamping.TSA
    return Forger(signer=tsa.signer, root=tsa.root, at=AT, by=by or signer(), **more)
