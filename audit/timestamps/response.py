"""What an RFC 3161 answer says and who signed it, with `cryptography` alone, as verifiers have it. Pure.

    TimeStampResp   status, then a token: CMS SignedData (RFC 5652) over a TSTInfo (RFC 3161, 2.4.2)

Only what is DER and is signed as below is taken; the time-stamps that are kept were held against this too.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from audit.errors import Malformed, ProofRejected
from audit.timestamps import der

MOST_TOKEN_BYTES: Final = 64 * 1024
"""Of an answer; one with a chain of three certificates is less than a tenth of it."""
MOST_CERTIFICATES: Final = 10

SIGNED_DATA, TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
NAMES_SIGNER, NAMES_SIGNER_V2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
SHA256: Final = "2.16.840.1.101.3.4.2.1"
DIGESTS: Final[Mapping[str, str]] = {
    SHA256: "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
HASHES: Final[Mapping[str, Callable[[], hashes.HashAlgorithm]]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
UNREADABLE: Final = (
    UnsupportedAlgorithm,
    ValueError,
    TypeError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What `cryptography` raises for certificates that it cannot read."""
RSA: Final = "1.2.840.113549.1.1.1"
RSA_WITH: Final[Mapping[str, str]] = {
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
}
ECDSA_WITH: Final[Mapping[str, str]] = {
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A time-stamp whose own signature holds: what it is over, when, and by which certificate."""

    imprint: bytes
    """SHA-256 of what was stamped."""
    stated: datetime
    """genTime, in UTC."""
    signer: x509.Certificate
    others: tuple[x509.Certificate, ...] = field(repr=False)
    """More certificates that the token brings; nobody but the reader's own roots speaks for them."""

    @property
    def authority(self) -> str:
        """The subject of the certificate that signed, as RFC 4514 writes it."""
        return self.signer.subject.rfc4514_string()


def open_answer(token: bytes, content: bytes) -> Answer:
    """Return what a DER TimeStampResp over SHA-256 of `content` says, once everything about it holds but the chain.

    Held are: status granted; the message imprint; one signature over the signed attributes, which hold content type,
    digest of the TSTInfo and the certificate's own digest (RFC 5035, 5816), by a certificate in the token that is for
    time-stamping alone, and critically so (RFC 3161, 2.3).

    Raises `Malformed` for what is no DER or no such answer, `ProofRejected` for what does not hold.
    """
    if len(token) > MOST_TOKEN_BYTES:
        raise Malformed(f"a time-stamp has at most {MOST_TOKEN_BYTES} bytes")
    try:
        info, signed, signer, others = _read(token)
    except UNREADABLE:
        raise Malformed("a certificate in the time-stamp does not parse") from None
    imprint, stated = _told(info)
    if imprint != hashlib.sha256(content).digest():
        raise ProofRejected("the time-stamp is over something else")
    _check_signature(signed, info, signer)
    _require_purpose(signer)
    try:
        signer.subject.rfc4514_string()
    except UNREADABLE:
        raise Malformed("the certificate that signed is of nobody whose name can be read") from None
    return Answer(imprint, stated, signer, others)


@dataclass(frozen=True, slots=True)
class _SignerInfo:
    attributes: Mapping[str, der.Value]
    signed: bytes
    digest: str
    algorithm: str
    signature: bytes


def _read(token: bytes) -> tuple[bytes, _SignerInfo, x509.Certificate, tuple[x509.Certificate, ...]]:
    response = _sequence(der.parse(token))
    status = _sequence(response.take(der.SEQUENCE))
    if (told := status.take(der.INTEGER).integer()) != 0:
        raise ProofRejected(f"the authority refused with status {told}")
    content = _sequence(response.take(der.SEQUENCE))
    response.end()
    if content.take(der.OID).oid() != SIGNED_DATA:
        raise Malformed("the time-stamp is no signed data")
    data = _sequence(_inside(content.take(der.context(0))))
    content.end()
    data.take(der.INTEGER)
    data.take(der.SET)
    capsule = _sequence(data.take(der.SEQUENCE))
    if capsule.take(der.OID).oid() != TST_INFO:
        raise Malformed("what was signed is no TSTInfo")
    info = _inside(capsule.take(der.context(0))).octets()
    capsule.end()
    brought = data.take_if(der.context(0))
    data.take_if(der.context(1))
    infos = data.take(der.SET).members()
    data.end()
    signer_info = _sequence(infos.take(der.SEQUENCE))
    infos.end()
    signer_info.take(der.INTEGER)
    named = signer_info.take_if(der.SEQUENCE) or signer_info.take(der.context(0, constructed=False))
    signed = _signer_info(signer_info)
    encoded = [each.encoded for each in brought.members().rest()] if brought else []
    if len(encoded) > MOST_CERTIFICATES:
        raise Malformed(f"a time-stamp brings at most {MOST_CERTIFICATES} certificates")
    certificates = [x509.load_der_x509_certificate(each) for each in encoded]
    for at, each in enumerate(certificates):
        if _is_named(each, named):
            return info, signed, each, (*certificates[:at], *certificates[at + 1 :])
    raise ProofRejected("the certificate that signed is not in the time-stamp")


def _signer_info(members: der.Members) -> _SignerInfo:
    digest = _algorithm(members.take(der.SEQUENCE))
    if digest not in DIGESTS:
        raise Malformed("the time-stamp is signed over a kind of hash that is not taken here")
    signed = members.take(der.context(0))
    attributes: dict[str, der.Value] = {}
    for each in signed.members().rest():
        attribute = _sequence(each)
        name = attribute.take(der.OID).oid()
        values = attribute.take(der.SET).members()
        value = values.rest()
        attribute.end()
        if name in attributes or len(value) != 1:
            raise Malformed("a signed attribute stands there twice")
        attributes[name] = value[0]
    algorithm = _algorithm(members.take(der.SEQUENCE))
    signature = members.take(der.OCTET_STRING).octets()
    members.take_if(der.context(1))
    members.end()
    # What is signed is the set under its own tag (RFC 5652, 5.4).
    return _SignerInfo(attributes, b"\x31" + signed.encoded[1:], DIGESTS[digest], algorithm, signature)


def _is_named(certificate: x509.Certificate, named: der.Value) -> bool:
    if named.tag != der.SEQUENCE:
        try:
            known = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        except x509.ExtensionNotFound:
            return False
        return known.value.digest == named.content
    members = named.members()
    issuer, serial = members.take(der.SEQUENCE), members.take(der.INTEGER).integer()
    members.end()
    return (certificate.issuer.public_bytes(), certificate.serial_number) == (issuer.encoded, serial)


def _told(info: bytes) -> tuple[bytes, datetime]:
    """Return imprint and time in a TSTInfo."""
    members = _sequence(der.parse(info))
    if members.take(der.INTEGER).integer() != 1:
        raise Malformed("the time-stamp is of another version than 1")
    members.take(der.OID)
    imprint = _sequence(members.take(der.SEQUENCE))
    if _algorithm(imprint.take(der.SEQUENCE)) != SHA256:
        raise ProofRejected("the time-stamp is over another kind of hash than SHA-256")
    digest = imprint.take(der.OCTET_STRING).octets()
    imprint.end()
    members.take(der.INTEGER)
    stated = members.take(der.GENERALIZED_TIME).time()
    # Accuracy, ordering, nonce and the authority's name say nothing that is asked here.
    for tag in (der.SEQUENCE, der.BOOLEAN, der.INTEGER, der.context(0)):
        members.take_if(tag)
    extensions = members.take_if(der.context(1))
    members.end()
    for each in extensions.members().rest() if extensions else []:
        extension = _sequence(each)
        extension.take(der.OID)
        if extension.take_if(der.BOOLEAN) is not None:
            raise ProofRejected("the time-stamp has a critical extension, which is not known here")
    return digest, stated


def _check_signature(signed: _SignerInfo, info: bytes, signer: x509.Certificate) -> None:
    attributes = signed.attributes
    if missing := {CONTENT_TYPE, MESSAGE_DIGEST} - attributes.keys():
        raise Malformed(f"the time-stamp has no signed attribute {min(missing)}")
    if attributes[CONTENT_TYPE].oid() != TST_INFO:
        raise ProofRejected("the time-stamp is signed as something else")
    if attributes[MESSAGE_DIGEST].octets() != hashlib.new(signed.digest, info).digest():
        raise ProofRejected("the time-stamp is not what was signed")
    _require_named(attributes, signer)
    try:
        _verify(signed, signer)
    except InvalidSignature:
        raise ProofRejected("the time-stamp's signature is wrong") from None
    except (UnsupportedAlgorithm, ValueError):
        raise Malformed("the key that signed the time-stamp is of a kind not known here") from None


def _require_named(attributes: Mapping[str, der.Value], signer: x509.Certificate) -> None:
    """Return if the signed attributes name this certificate, the first of those that they name (RFC 5035, 5.4.1)."""
    found = False
    for name, default in ((NAMES_SIGNER, "sha1"), (NAMES_SIGNER_V2, "sha256")):
        if name not in attributes:
            continue
        first = _sequence(_sequence(_sequence(attributes[name]).take(der.SEQUENCE)).take(der.SEQUENCE))
        other = first.take_if(der.SEQUENCE) if name == NAMES_SIGNER_V2 else None
        kind = default if other is None else DIGESTS.get(_algorithm(other), "")
        if not kind:
            raise Malformed("the certificate that signed is named by a kind of hash that is not taken here")
        encoded = signer.public_bytes(Encoding.DER)
        if (
            first.take(der.OCTET_STRING).octets()
            != hashlib.new(kind, encoded, usedforsecurity=False).digest()
        ):
            raise ProofRejected("the time-stamp names another certificate than the one that signed it")
        found = True
    if not found:
        raise ProofRejected("the time-stamp does not name the certificate that signed it")


def _verify(signed: _SignerInfo, signer: x509.Certificate) -> None:
    """Raises `InvalidSignature`, `Malformed`, and what `cryptography` raises for a key that it does not know."""
    key, algorithm = signer.public_key(), signed.algorithm
    with_rsa = signed.digest if algorithm == RSA else RSA_WITH.get(algorithm)
    if isinstance(key, rsa.RSAPublicKey) and with_rsa:
        key.verify(signed.signature, signed.signed, padding.PKCS1v15(), HASHES[with_rsa]())
    elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm in ECDSA_WITH:
        key.verify(signed.signature, signed.signed, ec.ECDSA(HASHES[ECDSA_WITH[algorithm]]()))
    else:
        raise Malformed("the time-stamp is signed in a way that is not known here")


def _require_purpose(signer: x509.Certificate) -> None:
    """Return if the certificate is for time-stamping alone, critically (RFC 3161, 2.3). Raises `ProofRejected`."""
    try:
        purposes = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, *UNREADABLE):
        purposes = None
    if (
        purposes is None
        or not purposes.critical
        or list(purposes.value) != [ExtendedKeyUsageOID.TIME_STAMPING]
    ):
        raise ProofRejected("the certificate that signed is not for time-stamping alone")
    try:
        usage = signer.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not usage.digital_signature and not usage.content_commitment:
        raise ProofRejected("the certificate that signed is not for signing")


def _sequence(value: der.Value) -> der.Members:
    if value.tag != der.SEQUENCE:
        raise Malformed("a value of DER is of another kind than it should be")
    return value.members()


def _inside(value: der.Value) -> der.Value:
    """Return the one value under an explicit tag."""
    return der.parse(value.content)


def _algorithm(value: der.Value) -> str:
    """Return the name in an AlgorithmIdentifier; parameters of those that are taken say nothing."""
    return _sequence(value).take(der.OID).oid()
