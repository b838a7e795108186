"""Time-stamps: what holds, and each thing for which one is refused."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from audit.timestamps import tokens
from audit.timestamps.response import open_answer
from audit.timestamps.tokens import MOST_BYTES, Stamp, TokenRefused, open_token, parse_roots, request_for
from tests.audit.authority import (
    OPENSSL,
    TIME_STAMPING,
    Authority,
    issue,
    openssl_answers,
    openssl_verifies,
)

CONTENT = b"audit.example/t/00\n7\nroot\n\nsigned\n"
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="no openssl on this machine, which is asked here")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.new()


def asked(authority: Authority, *, trusted: Authority | None = None) -> Stamp:
    request = request_for(CONTENT)
    token = authority.answer(request.as_bytes())
    roots = [(trusted or authority).root.certificate]
    return open_token(token, CONTENT, roots, nonce=request.nonce)


def test_a_time_stamp_says_when_and_by_whom(authority: Authority) -> None:
    at = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
    stamp = asked(authority.but(at=at))
    assert (stamp.stated, stamp.authority) == (at, "CN=Tests' time")
    assert open_token(stamp.token, CONTENT, [authority.root.certificate]) == stamp


def test_a_chain_may_lead_over_others_and_a_certificate_may_have_ended_since() -> None:
    root = issue("R")
    between = issue("B", root)
    asked(Authority(issue("S", between, usages=TIME_STAMPING), (between,), root=root))
    ended = Authority(issue("S", root, usages=TIME_STAMPING, ended=True), root=root)
    asked(ended.but(at=datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)))


@needs_openssl
def test_openssl_agrees_in_both_directions(authority: Authority, tmp_path: Path) -> None:
    stamp = asked(authority)
    assert openssl_verifies(tmp_path, CONTENT, stamp.token, authority.root)
    assert not openssl_verifies(tmp_path, CONTENT + b" ", stamp.token, authority.root)
    assert not openssl_verifies(tmp_path, CONTENT, stamp.token, Authority.new().root)
    request = request_for(CONTENT)
    token = openssl_answers(tmp_path, authority)(request.as_bytes())
    theirs = open_token(token, CONTENT, [authority.root.certificate], nonce=request.nonce)
    assert theirs.authority == "CN=Tests' time"


def other_usage(authority: Authority, *usages: x509.ObjectIdentifier, **more: Any) -> Authority:
    return authority.but(signer=issue("S", authority.root, usages=usages, **more))


BAD: dict[str, tuple[Callable[[Authority], Authority], str]] = {
    "refused": (lambda a: a.but(status="rejection"), "refuses with status 2: not today"),
    "changed by the authority": (lambda a: a.but(status="granted_with_mods"), "refuses with status 1"),
    "imprint": (lambda a: a.but(imprint=bytes(32)), "over something else"),
    "kind of hash": (lambda a: a.but(hash_name="sha3_256"), "another kind of hash"),
    "nonce": (lambda a: a.but(nonce=7), "nonce is not ours"),
    "no nonce": (lambda a: a.but(without_nonce=True), "nonce is not ours"),
    "signature": (
        lambda a: a.but(signed_by=ec.generate_private_key(ec.SECP256R1())),
        "its signature is wrong",
    ),
    "not naming its certificate": (lambda a: a.but(names_itself=False), "does not name the certificate"),
    "ended": (
        lambda a: a.but(signer=issue("S", a.root, usages=TIME_STAMPING, ended=True)),
        "certificate has expired",
    ),
    "usage": (lambda a: other_usage(a, ExtendedKeyUsageOID.CODE_SIGNING), "unsuitable certificate purpose"),
    "usages": (
        lambda a: other_usage(a, *TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING),
        "unsuitable certificate purpose",
    ),
    "not critical": (
        lambda a: other_usage(a, *TIME_STAMPING, critical=False),
        "unsuitable certificate purpose",
    ),
    "no usage": (lambda a: a.but(signer=issue("S", a.root)), "unsuitable certificate purpose"),
    "not issued by an authority": (
        lambda a: a.but(signer=issue("S", a.signer, usages=TIME_STAMPING), between=(a.signer,)),
        "invalid CA certificate",
    ),
    "certificate missing": (
        lambda a: a.but(signer=issue("S", issue("B", a.root), usages=TIME_STAMPING)),
        "unable to get local issuer",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_refused(authority: Authority, what: str) -> None:
    make, words = BAD[what]
    with pytest.raises(TokenRefused, match=words):
        asked(make(authority), trusted=authority)


@pytest.mark.parametrize("another", ["chain", "time"])
def test_nothing_is_kept_of_which_customers_would_read_something_else(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, another: str
) -> None:
    if another == "chain":
        monkeypatch.setattr(tokens, "leads_to", lambda *_: False)
    else:
        later = timedelta(seconds=1)
        monkeypatch.setattr(
            tokens,
            "open_answer",
            lambda *given: replace(found := open_answer(*given), stated=found.stated + later),
        )
    with pytest.raises(TokenRefused, match="do not agree"):
        asked(authority)


def test_a_strangers_root_is_refused(authority: Authority) -> None:
    with pytest.raises(TokenRefused, match="unable to get local issuer"):
        asked(authority, trusted=Authority.new())


def test_nothing_that_is_no_time_stamp_is_taken(authority: Authority) -> None:
    good = asked(authority).token
    for wrong in (b"", b"\x30", b"<html>", bytes(1_000), good + b"\0", good[:-1], b"\x30" * 2_000):
        with pytest.raises(TokenRefused):
            open_token(wrong, CONTENT, [authority.root.certificate])
    with pytest.raises(TokenRefused, match="at most"):
        open_token(bytes(MOST_BYTES + 1), CONTENT, [authority.root.certificate])


def test_bits_flipped_anywhere_raise_nothing_but_a_refusal(authority: Authority) -> None:
    good, chance = asked(authority).token, random.Random(7)
    held = 0
    for _ in range(1_500):
        wrong = bytearray(good)
        for _ in range(chance.choice((1, 1, 3))):
            wrong[chance.randrange(len(wrong))] ^= 1 << chance.randrange(8)
        try:
            stamp = open_token(bytes(wrong), CONTENT, [authority.root.certificate])
        except TokenRefused:
            continue
        held += 1
        assert stamp.stated == open_token(good, CONTENT, [authority.root.certificate]).stated
    assert held < 150, "bits that no signature covers are few"


def test_roots_are_one_at_least() -> None:
    root = issue("R")
    assert parse_roots(root.pem + root.pem) == [root.certificate] * 2
    for wrong in (b"", b"nothing", root.key_pem):
        with pytest.raises(ValueError, match=r"PEM|certificate|load"):
            parse_roots(wrong)
