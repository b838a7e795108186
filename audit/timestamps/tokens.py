"""Asks for an RFC 3161 time-stamp and reads what came back; believes nothing of the answer unseen. Pure.

What is kept is the whole answer, a DER TimeStampResp, as `openssl ts -verify -in` takes it.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography.x509 import Certificate, ObjectIdentifier, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimeStampRequest,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from audit.errors import EvidenceRefused
from audit.timestamps.response import MOST_TOKEN_BYTES, open_answer
from audit.timestamps.trust import leads_to

MOST_BYTES: Final = MOST_TOKEN_BYTES
SHA256_OID: Final = ObjectIdentifier("2.16.840.1.101.3.4.2.1")
MOST_NAME: Final = 200


class TokenRefused(EvidenceRefused):
    """The answer is no time-stamp of what was asked by an authority that is trusted; the text may be shown."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time-stamp that holds: when, by whom, and the answer itself."""

    stated: datetime
    """The token's genTime, with a time zone."""
    authority: str
    """The subject of the certificate that signed, as RFC 4514 writes it."""
    token: bytes = field(repr=False)


def parse_roots(pem: bytes) -> list[Certificate]:
    """Return the trusted roots in a PEM file, one at least. Raises `ValueError`."""
    return load_pem_x509_certificates(pem)


def request_for(content: bytes) -> TimeStampRequest:
    """Return a request over the SHA-256 of `content`, with a nonce, that asks for certificates (RFC 3161, 2.4.1)."""
    return TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).build()


def open_token(
    token: bytes, content: bytes, roots: Sequence[Certificate], *, nonce: int | None = None
) -> Stamp:
    """Return what a time-stamp of `content` says; raises `TokenRefused` for one that does not hold.

    Held are (RFC 3161, 2.3 and 2.4.2): status granted, SHA-256 of the content, the nonce, one signature by a
    certificate that is for time-stamping alone, critically, and leads to one of `roots` at the time that is stated.
    Two programs that know nothing of each other must say so: rfc3161-client, and `audit.timestamps.response`, by which
    customers will judge what is kept. Whether a certificate was revoked is not asked.

    Args:
        nonce: what was asked with; None for a kept token, whose asking is over.
    """
    if len(token) > MOST_BYTES:
        raise TokenRefused(f"a time-stamp has at most {MOST_BYTES} bytes")
    try:
        return _open(token, content, roots, nonce)
    except TokenRefused:
        raise
    except VerificationError as refusal:
        raise TokenRefused(f"the time-stamp does not hold: {_why(refusal)}") from None
    except EvidenceRefused as refusal:
        raise TokenRefused(str(refusal)) from None
    # The parser is others', and raises many kinds for bytes that it does not expect.
    except Exception as trouble:
        raise TokenRefused(f"the answer is no time-stamp ({type(trouble).__name__})") from None


def _open(token: bytes, content: bytes, roots: Sequence[Certificate], nonce: int | None) -> Stamp:
    response = decode_timestamp_response(token)
    if response.status != 0:
        words = _printable("; ".join(response.status_string))
        raise TokenRefused(
            f"the authority refuses with status {response.status}{': ' if words else ''}{words}"
        )
    told = response.tst_info
    if told.message_imprint.hash_algorithm != SHA256_OID:
        raise TokenRefused("the time-stamp is over another kind of hash than SHA-256")
    if told.message_imprint.message != hashlib.sha256(content).digest():
        raise TokenRefused("the time-stamp is over something else")
    if nonce is not None and told.nonce != nonce:
        raise TokenRefused("the time-stamp answers another question: its nonce is not ours")
    VerifierBuilder(roots=list(roots), nonce=nonce).build().verify_message(response, content)
    answer = open_answer(token, content)
    if not leads_to(answer, roots) or answer.stated != told.gen_time:
        raise TokenRefused("two readers of the time-stamp do not agree about it")
    return Stamp(told.gen_time, _printable(answer.authority), token)


def _why(refusal: VerificationError) -> str:
    """Return OpenSSL's own reason where there is one: around it stand places in its source."""
    told = str(refusal)
    found = re.search(r'Verify error: ([^"]+)"', told)
    if found is not None:
        return _printable(found[1])
    return "its signature is wrong" if "ErrorStack" in told else _printable(told)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:MOST_NAME]
