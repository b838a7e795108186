"""A time-stamping authority of our own (RFC 3161): its certificates and its answers, for the demo and for tests.

It says what its machine's clock says, and its key lies in a folder: nobody need trust it. A real one has a clock and a
key that are audited. `authority.py` serves it.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey
AnyKey = Key | rsa.RSAPrivateKey
TIME_STAMPING: Final = (ExtendedKeyUsageOID.TIME_STAMPING,)
POLICY: Final = "1.3.6.1.4.1.32473.1"
"""Of the arc that is for examples (RFC 5612)."""
YEARS: Final = timedelta(days=3_650)


@dataclass
class Issued:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: AnyKey

    @property
    def pem(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The key, in clear."""
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
    signs: bool = True,
    key: AnyKey | None = None,
) -> Issued:
    """Make a root without `issuer`, an authority in between without `usages`, and else one that signs.

    Args:
        signs: whether it may, time-stamps or certificates.
        key: its key, on a curve by default.
    """
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
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
                digital_signature=signs and usages is not None, content_commitment=False, key_encipherment=False,
                data_encipherment=False, key_agreement=False, key_cert_sign=signs and usages is None,
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
    """Signs what it is asked, by `signer`, and says so with `status`."""

    signer: Issued
    between: tuple[Issued, ...] = ()
    """Certificates from the signer's issuer up to the root, which is not sent."""
    status: str = "granted"

    def answer(self, body: bytes) -> bytes:
        """Return the DER TimeStampResp to a DER TimeStampReq; over SHA-256 alone, whatever else is asked is refused."""
        try:
            request = tsp.TimeStampReq.load(body, strict=True)
            algorithm = request["message_imprint"]["hash_algorithm"]["algorithm"].native
            digest = request["message_imprint"]["hashed_message"].native
        except (ValueError, TypeError, KeyError):
            return self.refusal("not a time-stamp request")
        if algorithm != "sha256" or len(digest) != 32:
            return self.refusal("only SHA-256 is stamped")
        info = tsp.TSTInfo(self.told(request))
        answer = Answer({"status": {"status": self.status}, "time_stamp_token": self._signed(info)})
        return bytes(answer.dump())

    def refusal(self, why: str) -> bytes:
        """Return an answer without a token."""
        return bytes(Answer({"status": {"status": "rejection", "status_string": [why]}}).dump())

    def told(self, request: tsp.TimeStampReq) -> dict[str, Any]:
        """Return what is to be signed: the members of a TSTInfo."""
        info: dict[str, Any] = {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": {
                "hash_algorithm": {"algorithm": "sha256"},
                "hashed_message": request["message_imprint"]["hashed_message"].native,
            },
            "serial_number": secrets.randbits(64),
            "gen_time": datetime.now(UTC).replace(microsecond=0),
        }
        if request["nonce"].native is not None:
            info["nonce"] = request["nonce"].native
        return info

    def attributes(self, content: bytes, certificate: bytes) -> list[dict[str, Any]]:
        """Return the signed attributes for a TSTInfo and the signer's certificate, both DER (RFC 5652, 5816)."""
        named = tsp.SigningCertificateV2({"certs": [{"cert_hash": hashlib.sha256(certificate).digest()}]})
        return [
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [hashlib.sha256(content).digest()]},
            {"type": "signing_certificate_v2", "values": [named]},
        ]

    def key(self) -> Key:
        """Return the key that signs. Raises `TypeError` for one that is on no curve."""
        if not isinstance(self.signer.key, ec.EllipticCurvePrivateKey):
            raise TypeError("this authority signs by ECDSA")
        return self.signer.key

    def _signed(self, info: tsp.TSTInfo) -> cms.ContentInfo:
        content, sha256 = info.dump(), {"algorithm": "sha256"}
        der = self.signer.certificate.public_bytes(serialization.Encoding.DER)
        certificate = asn1_x509.Certificate.load(der)
        attributes = cms.CMSAttributes(self.attributes(content, der))
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
            "signature": self.key().sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
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
