"""The verifier's own reader of time-stamps: what holds, by others' authorities too, and each thing that does not."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from audit.errors import EvidenceRefused, Malformed, ProofRejected
from audit.timestamps import der
from audit.timestamps.response import MOST_TOKEN_BYTES, open_answer
from audit.timestamps.tokens import TokenRefused, open_token, request_for
from audit.timestamps.trust import leads_to, parse_trusted
from tests.audit.authority import OPENSSL, TIME_STAMPING, Authority, issue, openssl_answers
from tests.ui.forged_tokens import (
    ODD_CERTIFICATES,
    ODD_NAMES,
    certificate,
    extension,
    for_time,
    forger,
    pem_of,
    root,
    signer,
)

CONTENT = b"audit.example/meta\n7\nroot\n\nsigned\n"
AT = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
TSA = Authority.new()
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="no openssl on this machine, which is asked here")


def token(authority: Authority = TSA) -> bytes:
    return authority.answer(request_for(CONTENT).as_bytes())


def test_it_says_what_was_stamped_when_and_by_whom() -> None:
    found = open_answer(token(TSA.but(at=AT.replace(microsecond=250_000))), CONTENT)
    assert (found.stated, found.authority) == (AT.replace(microsecond=250_000), "CN=Tests' time")
    assert leads_to(found, [TSA.root.certificate])


KEYS: dict[str, Callable[[], ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey]] = {
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "rsa": lambda: rsa.generate_private_key(65_537, 2_048),
}


@needs_openssl
@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize(
    ("digest", "names_by"), [("sha256", "sha256"), ("sha384", "sha1"), ("sha512", "sha512")]
)
def test_what_openssls_authority_signs_holds_and_nothing_changed_of_it(
    tmp_path: Path, kind: str, digest: str, names_by: str
) -> None:
    root = issue("R", key=KEYS[kind]())
    theirs = Authority(issue("S", root, usages=TIME_STAMPING, key=KEYS[kind]()), root=root)
    request = request_for(CONTENT)
    answered = openssl_answers(tmp_path, theirs, digest=digest, names_by=names_by)(request.as_bytes())
    found = open_answer(answered, CONTENT)
    assert leads_to(found, [root.certificate])
    assert not leads_to(found, [TSA.root.certificate])
    assert open_token(answered, CONTENT, [root.certificate], nonce=request.nonce).stated == found.stated
    wrong = bytearray(answered)
    # In the signature itself, which is the last thing in the answer.
    wrong[-3] ^= 1
    with pytest.raises(ProofRejected, match="signature is wrong"):
        open_answer(bytes(wrong), CONTENT)


FALSE: dict[str, tuple[Callable[[Authority], Authority], str]] = {
    "digest": (lambda a: a.but(signed_digest=bytes(32)), "not what was signed"),
    "signed as something else": (lambda a: a.but(signed_as="data"), "signed as something else"),
    "names another": (
        lambda a: a.but(names=a.root.certificate.public_bytes(Encoding.DER)),
        "names another certificate",
    ),
    "may not sign": (
        lambda a: a.but(signer=issue("S", a.root, usages=TIME_STAMPING, signs=False)),
        "not for signing",
    ),
    "critical extension": (lambda a: a.but(extended=True), "critical extension"),
    "by a key that is not in its certificate": (lambda a: a.but(signed_by=a.root.key), "signature is wrong"),
}


@pytest.mark.parametrize("what", FALSE)
def test_what_does_not_hold_is_refused_by_both_who_ask(what: str) -> None:
    make, words = FALSE[what]
    bad = token(make(TSA))
    with pytest.raises(ProofRejected, match=words):
        open_answer(bad, CONTENT)
    with pytest.raises(TokenRefused):
        open_token(bad, CONTENT, [TSA.root.certificate])


def test_an_issuer_that_may_not_issue_is_none() -> None:
    between = issue("B", TSA.root, signs=False)
    bad = Authority(issue("S", between, usages=TIME_STAMPING), (between,), root=TSA.root)
    with pytest.raises(ProofRejected, match="may not sign others"):
        leads_to(open_answer(token(bad), CONTENT), [TSA.root.certificate])


def test_another_time_than_the_signed_one_is_noticed() -> None:
    good = token(TSA.but(at=AT))
    earlier = good.replace(b"20260301120005Z", b"20250301120005Z")
    assert earlier != good
    with pytest.raises(ProofRejected, match="not what was signed"):
        open_answer(earlier, CONTENT)


@ODD_CERTIFICATES
@ODD_NAMES
def test_bits_flipped_anywhere_change_nothing_that_is_believed() -> None:
    good, chance = token(TSA.but(at=AT)), random.Random(11)
    held = 0
    for _ in range(1_500):
        wrong = bytearray(good)
        for _ in range(chance.choice((1, 1, 3))):
            wrong[chance.randrange(len(wrong))] ^= 1 << chance.randrange(8)
        try:
            found = open_answer(bytes(wrong), CONTENT)
            trusted = leads_to(found, [TSA.root.certificate])
        except EvidenceRefused:
            continue
        held += 1
        assert found.stated == AT
        assert trusted
        assert found.signer == TSA.signer.certificate
    assert held < 150, "bits that no signature covers are few"


@pytest.mark.parametrize("version", [b"\x01", b"\x03", b"\x7f"])
def test_a_certificate_of_no_version_is_refused_like_any_that_does_not_parse(version: bytes) -> None:
    of_three = b"\xa0\x03\x02\x01\x02"
    wrong = token().replace(of_three, of_three[:-1] + version)
    with pytest.raises(Malformed, match="does not parse"):
        open_answer(wrong, CONTENT)
    with pytest.raises(Malformed, match="no PEM file"):
        parse_trusted(pem_of(certificate("R").der.replace(of_three, of_three[:-1] + version)))


def test_a_name_that_is_no_text_is_nobodys() -> None:
    odd = for_time(root(), "S\u00e9", change=lambda der: der.replace("S\u00e9".encode(), b"S\xe9x"))
    with pytest.raises(Malformed, match="nobody whose name can be read"):
        open_answer(token(forger(odd)), CONTENT)
    # Beside a good one it speaks for nobody, and is in nobody's way.
    good = token(forger(brought=[signer().der, odd.der]))
    assert leads_to(open_answer(good, CONTENT), [x509.load_der_x509_certificate(root().der)])
    assert not leads_to(open_answer(good, CONTENT), [TSA.root.certificate])


def test_names_of_a_kind_that_is_not_read_make_no_authority() -> None:
    x400 = extension("2.5.29.17", b"\x30\x02\xa3\x00")
    with pytest.raises(ProofRejected, match="not for time-stamping alone"):
        open_answer(token(forger(for_time(root(), more=[x400]))), CONTENT)


def test_nothing_that_is_no_answer_is_taken() -> None:
    good = token()
    for wrong in (
        b"",
        b"\x30",
        b"<html>",
        bytes(1_000),
        good + b"\0",
        good[:-1],
        b"\x30" * 2_000,
        b"\x30\x00",
    ):
        with pytest.raises(Malformed):
            open_answer(wrong, CONTENT)
    with pytest.raises(Malformed, match="at most"):
        open_answer(bytes(MOST_TOKEN_BYTES + 1), CONTENT)


@pytest.mark.parametrize(
    "wrong",
    [
        b"", b"\x02", b"\x02\x01", b"\x02\x02\x01", b"\x02\x01\x01\x00", b"\x02\x81\x01\x01", b"\x30\x80\x00\x00",
        b"\x02\x82\x00\x01\x01", b"\x1f\x01\x00", b"\x02\x84\x00\x00\x00\x01\x01", b"\x30\x82\x00\x80" + bytes(128),
    ],
)  # fmt: skip
def test_der_has_one_encoding(wrong: bytes) -> None:
    with pytest.raises(Malformed):
        der.parse(wrong)


def test_numbers_names_and_times_are_read_strictly() -> None:
    def of(tag: int, content: bytes) -> der.Value:
        return der.parse(bytes([tag, len(content)]) + content)

    assert [of(2, each).integer() for each in (b"\0", b"\x7f", b"\0\x80", b"\xff", b"\x80")] == [
        0,
        127,
        128,
        -1,
        -128,
    ]
    assert of(6, bytes.fromhex("608648016503040201")).oid() == "2.16.840.1.101.3.4.2.1"
    assert of(6, b"\x2a\x03").oid() == "1.2.3"
    assert of(0x18, b"20260301120005.25Z").time() == AT.replace(microsecond=250_000)
    for wrong in (b"", b"\0\x01", b"\xff\xff", b"\0\0"):
        with pytest.raises(Malformed):
            of(2, wrong).integer()
    for wrong in (b"", b"\x80\x01", b"\x2a\x86"):
        with pytest.raises(Malformed):
            of(6, wrong).oid()
    for text in (b"20260301120005", b"20260301120005+0100", b"20260301120005.0Z", b"20260301120005.50Z",
                 b"20260231120005Z", b"2026030112005Z", b"202603011200 5Z"):  # fmt: skip
        with pytest.raises(Malformed):
            of(0x18, text).time()
    with pytest.raises(Malformed):
        of(2, b"\0").octets()
    more = der.parse(b"\x30\x03\x02\x01\x05").members()
    with pytest.raises(Malformed):
        more.end()
    with pytest.raises(Malformed):
        more.take(der.OID)
    assert more.take_if(der.OID) is None
    assert more.take(der.INTEGER).integer() == 5
    more.end()
