"""Whether a time-stamp's certificate leads to one that the reader trusts, at the time that it states. Pure."""

import re
from collections.abc import Sequence
from typing import Literal

from cryptography.x509 import (
    BasicConstraints,
    Certificate,
    KeyUsage,
    Name,
    load_pem_x509_certificates,
)
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from audit.errors import Malformed, ProofRejected
from audit.timestamps.response import UNREADABLE, Answer


def parse_trusted(pem: bytes) -> list[Certificate]:
    """Return the certificates in a PEM file: roots, or authorities' own. Raises `Malformed` for none."""
    try:
        return load_pem_x509_certificates(pem)
    except UNREADABLE:
        raise Malformed("the file of trusted certificates is no PEM file of certificates") from None


def leads_to(answer: Answer, trusted: Sequence[Certificate]) -> bool:
    """Say whether the signer, at the stated time, leads to one of `trusted` or is one; False for a stranger.

    Raises `ProofRejected` for one that claims to be issued by a trusted certificate, or by what leads to one, and does
    not hold: then somebody forged it, or it was out of its time, or not an authority's to issue. Revocation is not
    asked.
    """
    authorities = (
        ExtensionPolicy.permit_all()
        .require_present(BasicConstraints, Criticality.AGNOSTIC, None)
        .may_be_present(KeyUsage, Criticality.AGNOSTIC, _signs_certificates)
    )
    verifier = (
        PolicyBuilder()
        .store(Store(list(trusted)))
        .time(answer.stated)
        # The purpose of the signer was held before; a verifier of TLS clients would want another.
        .extension_policies(ca_policy=authorities, ee_policy=ExtensionPolicy.permit_all())
        .build_client_verifier()
    )
    try:
        verifier.verify(answer.signer, list(answer.others))
    except VerificationError as refusal:
        if _claims(answer, trusted):
            raise ProofRejected(f"the time-stamp's certificate does not hold: {_why(refusal)}") from None
        return False
    return True


def _signs_certificates(policy: Policy, certificate: Certificate, usage: KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("a certificate in between may not sign others")


def _claims(answer: Answer, trusted: Sequence[Certificate]) -> bool:
    """Say whether the names lead to a trusted certificate, whatever the signatures do."""
    names = {_name_of(each, "subject") for each in trusted} - {None}
    at, left = answer.signer, list(answer.others)
    if _name_of(at, "subject") in names:
        return True
    while (issuer := _name_of(at, "issuer")) not in names:
        above = next((each for each in left if issuer and _name_of(each, "subject") == issuer), None)
        if above is None:
            return False
        left.remove(above)
        at = above
    return True


def _name_of(certificate: Certificate, place: Literal["subject", "issuer"]) -> Name | None:
    """Return a name; None for one that cannot be read, which is nobody's."""
    try:
        return certificate.subject if place == "subject" else certificate.issuer
    except UNREADABLE:
        return None


def _why(refusal: VerificationError) -> str:
    """Return the reason without the place in the program that stands behind it."""
    told = re.sub(r" \(encountered processing .*", "", str(refusal), flags=re.DOTALL)
    told = told.replace("Python extension validator failed: ValueError: ", "")
    return "".join(mark if mark.isprintable() else " " for mark in told.removeprefix("validation failed: "))[
        :200
    ]
