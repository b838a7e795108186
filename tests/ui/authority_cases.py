"""Time-stamps by authorities that the reader trusts or not, good and forged in each way, for two verifiers."""
# ruff: noqa: E501 - tables of what is made wrong

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from asn1crypto import cms, core
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from audit.timestamps.tokens import request_for
from ringfence.embedded.timestamping import AnyKey
from tests.audit.authority import OPENSSL, TIME_STAMPING, Authority, issue, openssl_answers
from tests.ui.chain_cases import chains, purposes, signatures
from tests.ui.forged_tokens import (
    AT,
    Forger,
    Row,
    certificate,
    for_time,
    forger,
    pem_of,
    root,
    signer,
    stranger,
)
from tests.ui.verifying_cases import SEED, Case, flip
from tests.unit.audit import stamping
from tests.unit.audit.making import MadeLog

MADE = MadeLog(9)
FLIPS_OF_TOKENS, FLIPS_OF_ROOTS = 120, 24


def case(what: str, authority: Forger, trusted: bytes | None, pin: bytes | None = None) -> Case:
    bundle = stamping.exchanged(MADE, stamping.stamped(MADE, 7, authority=authority))
    return Case(what, bundle, MADE.pin(3) if pin is None else pin, trusted)


def corpus() -> Iterator[Case]:
    """Yield all cases, each under a root that is given and, where it matters, without any."""
    for part in (_imprints, _attributes, _certificates, signatures, chains, purposes):
        for what, authority, trusted in part():
            name = f"{part.__name__.lstrip('_')}: {what}"
            yield case(name, authority, trusted)
            if part is not chains:
                yield case(f"{name}, no root", authority, None)
    yield from _roots()
    yield from _notes()
    yield from _flips()
    yield from _by_openssl()


def _imprints() -> Iterator[Row]:
    """What is stamped, and what else a TSTInfo says."""
    pem = root().pem
    yield "good", forger(), pem
    yield "with a fraction", forger().but(at=AT.replace(microsecond=120_000)), pem
    yield "of something else", forger().but(imprint=hashlib.sha256(b"else").digest()), pem
    yield "a bit", forger(content=lambda info: info[:60] + bytes([info[60] ^ 1]) + info[61:]), pem
    yield "short", forger().but(imprint=bytes(31)), pem
    yield "SHA-512 of something", forger().but(hash_name="sha512", imprint=bytes(64)), pem
    yield "SHA-1 by name", forger().but(hash_name="sha1"), pem
    yield "SHA-3 by name", forger().but(hash_name="sha3_256"), pem
    yield "critical extension", forger().but(extended=True), pem
    yield "without a nonce", forger().but(without_nonce=True), pem
    yield "version 2", forger(content=lambda info: info.replace(b"\x02\x01\x01", b"\x02\x01\x02", 1)), pem
    yield "no such day", forger(content=_timed(b"20260231120005Z")), pem
    yield "a second too many", forger(content=_timed(b"20260301120060Z")), pem
    yield "no zone", forger(content=_timed(b"202603011200050")), pem
    yield "in the year 0", forger(content=_timed(b"00000301120005Z")), pem
    yield "no TSTInfo", forger(content=lambda info: b"\x04\x02hi"), pem
    yield "nothing", forger(content=lambda info: b""), pem
    yield "more behind it", forger(content=lambda info: info + b"\0"), pem
    yield "another kind of content", forger(signed_content="data"), pem
    yield (
        "refused",
        forger(answered=lambda answer: answer.replace(b"\x30\x03\x02\x01\x00", b"\x30\x03\x02\x01\x02", 1)),
        pem,
    )
    yield (
        "granted with changes",
        forger(answered=lambda answer: answer.replace(b"\x30\x03\x02\x01\x00", b"\x30\x03\x02\x01\x01", 1)),
        pem,
    )
    yield "more behind the answer", forger(answered=lambda answer: answer + b"\0"), pem


def _timed(text: bytes) -> Callable[[bytes], bytes]:
    return lambda info: info.replace(b"20260301120005Z", text)


def _attributes() -> Iterator[Row]:
    pem, der = root().pem, signer().der
    twice = lambda at: lambda all_: [*all_, all_[at]]  # noqa: E731

    def named(kind: str, digest: bytes, **more: Any) -> dict[str, Any]:
        return {"type": kind, "values": [{"certs": [{"cert_hash": digest, **more}]}]}

    old = named("signing_certificate", hashlib.sha1(der, usedforsecurity=False).digest())
    for what, change in {
        "no kind of content": lambda all_: all_[1:],
        "no digest": lambda all_: [all_[0], all_[2]],
        "no certificate": lambda all_: all_[:2],
        "none": lambda all_: [],
        "kind twice": twice(0),
        "digest twice": twice(1),
        "certificate twice": twice(2),
        "two digests": lambda all_: [all_[0], {**all_[1], "values": all_[1]["values"] * 2}, all_[2]],
        "no value": lambda all_: [all_[0], {**all_[1], "values": []}, all_[2]],
        "another kind": lambda all_: [{"type": "content_type", "values": ["data"]}, *all_[1:]],
        "another digest": lambda all_: [all_[0], {"type": "message_digest", "values": [bytes(32)]}, all_[2]],
        "another certificate": lambda all_: [*all_[:2], named("signing_certificate_v2", bytes(32))],
        "the old kind": lambda all_: [*all_[:2], old],
        "the old kind, another": lambda all_: [*all_[:2], named("signing_certificate", bytes(20))],
        "both kinds": lambda all_: [*all_, old],
        "both kinds, one wrong": lambda all_: [*all_, named("signing_certificate", bytes(20))],
        "by SHA-512": lambda all_: [
            *all_[:2],
            named(
                "signing_certificate_v2", hashlib.sha512(der).digest(), hash_algorithm={"algorithm": "sha512"}
            ),
        ],
        "by SHA-384, wrong": lambda all_: [
            *all_[:2],
            named("signing_certificate_v2", bytes(48), hash_algorithm={"algorithm": "sha384"}),
        ],
        "by SHA-224": lambda all_: [
            *all_[:2],
            named(
                "signing_certificate_v2", hashlib.sha224(der).digest(), hash_algorithm={"algorithm": "sha224"}
            ),
        ],
        "the root named": lambda all_: [
            *all_[:2],
            named("signing_certificate_v2", hashlib.sha256(root().der).digest()),
        ],
        "one more": lambda all_: [
            *all_,
            {"type": "signing_time", "values": [cms.Time("utc_time", core.UTCTime(AT))]},
        ],
    }.items():
        yield what, forger(attribute=change), pem
    yield (
        "unsigned ones too",
        forger(
            info=lambda info: info.update(
                unsigned_attrs=[{"type": "signing_time", "values": [cms.Time("utc_time", core.UTCTime(AT))]}]
            )
        ),
        pem,
    )
    yield (
        "changed after signing",
        forger(
            info=lambda info: info["signed_attrs"].__setitem__(
                1, {"type": "message_digest", "values": [bytes(32)]}
            )
        ),
        pem,
    )


def _certificates() -> Iterator[Row]:
    """Which certificate signed, as the answer says it and brings it."""
    pem, by = root().pem, signer()
    broken = by.der[:40] + bytes([by.der[40] ^ 0xFF]) + by.der[41:]
    key = (
        x509.load_der_x509_certificate(by.der)
        .extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        .value.digest
    )
    other = for_time(root(), serial=78)

    def sid(kind: str, value: Any) -> Callable[[dict[str, Any]], None]:
        return lambda info: info.update(sid=cms.SignerIdentifier(kind, value))

    yield "none brought", forger(brought=[]), pem
    yield "another brought", forger(brought=[other.der]), pem
    yield "the root alone", forger(brought=[root().der]), pem
    yield "with the root", forger(brought=[by.der, root().der]), pem
    yield "last of three", forger(brought=[root().der, stranger().der, by.der]), pem
    yield "ten", forger(brought=[by.der] * 10), pem
    yield "eleven", forger(brought=[by.der] * 11), pem
    yield "beside one that is broken", forger(brought=[by.der, broken]), pem
    yield "beside none", forger(brought=[by.der, b"\x04\x00"]), pem
    yield "by key's name", forger(info=sid("subject_key_identifier", key)), pem
    yield "by another key's name", forger(info=sid("subject_key_identifier", key[:-1] + b"\0")), pem
    yield (
        "by key's name, of two",
        forger(brought=[other.der, by.der], info=sid("subject_key_identifier", key)),
        pem,
    )
    for what, change in {"version 1": b"\x00", "version 2": b"\x01", "version 4": b"\x03"}.items():
        made = for_time(
            root(),
            change=lambda der, change=change: der.replace(
                b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01" + change, 1
            ),
        )
        yield what, forger(made), pem
    yield "serial 0 long", forger(for_time(root(), serial=2**159 - 1)), pem
    for name in _names():
        yield f"of {name.rfc4514_string()!r}", forger(for_time(root(), name)), pem
    yield (
        "a name in bytes that are no text",
        forger(for_time(root(), "Sé", change=lambda der: der.replace("Sé".encode(), b"S\xe9x", 1))),
        pem,
    )


def _names() -> Iterator[x509.Name]:
    part = x509.NameAttribute
    yield x509.Name(
        [
            part(NameOID.COUNTRY_NAME, "DE"),
            part(NameOID.ORGANIZATION_NAME, 'A, "B" + C; <D> \\'),
            part(NameOID.COMMON_NAME, " #x "),
        ]
    )
    yield x509.Name(
        [x509.RelativeDistinguishedName([part(NameOID.COMMON_NAME, "one"), part(NameOID.SERIAL_NUMBER, "2")])]
    )
    yield x509.Name(
        [
            part(NameOID.EMAIL_ADDRESS, "a@b.example"),
            part(NameOID.DOMAIN_COMPONENT, "example"),
            part(NameOID.USER_ID, "u"),
        ]
    )
    yield x509.Name([part(NameOID.COMMON_NAME, "Zeit \u2028 时间 🙂 \x00")])
    yield x509.Name(
        [
            part(NameOID.COMMON_NAME, "Time", _type=x509.name._ASN1Type.BMPString),
            part(NameOID.TITLE, "T\u00fc", _type=x509.name._ASN1Type.UniversalString),
        ]
    )
    yield x509.Name(
        [part(NameOID.X500_UNIQUE_IDENTIFIER, b"\x00\x01\x80", _type=x509.name._ASN1Type.BitString)]
    )
    yield x509.Name([])


def _roots() -> Iterator[Case]:
    """The file of certificates that the reader gives."""
    pem, other = root().pem, stranger().pem
    for what, given in {
        "two": other + pem, "a stranger's": other, "with words around": b"Root of R\n\n" + pem + b"\nEnd\n", "with CRLF": pem.replace(b"\n", b"\r\n"),
        "nothing": b"", "no PEM": b"R\n", "DER": root().der, "cut off": pem[:-30], "a broken line": pem.replace(b"M", b"!", 1),
        "another kind": pem.replace(b"CERTIFICATE", b"PUBLIC KEY"), "a key beside": pem + b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "not a certificate": pem_of(b"\x30\x00"), "one of two is none": pem + pem_of(b"\x04\x00"), "an older name": pem.replace(b"CERTIFICATE", b"X509 CERTIFICATE"),
        "two ends": pem.replace(b"END CERTIFICATE", b"END KEY"),
    }.items():  # fmt: skip
        yield case(f"roots: {what}", forger(), given)
    plain = stamping.whole(MADE)
    yield Case("roots: no time-stamp to prove", plain, MADE.pin(3), pem)
    yield Case(
        "roots: no pin", stamping.whole(MADE, stamping.stamped(MADE, 7, authority=forger())), None, pem
    )
    yield Case(
        "roots: no pin, a stranger's",
        stamping.whole(MADE, stamping.stamped(MADE, 7, authority=forger())),
        None,
        other,
    )
    good, bad = (
        stamping.stamped(MADE, 7, authority=forger()),
        stamping.stamped(MADE, 9, before=300, authority=forger(for_time(stranger()))),
    )
    yield Case("roots: one of two", stamping.whole(MADE, good, bad), MADE.pin(3), pem)
    yield Case("roots: one of two, no root", stamping.whole(MADE, good, bad), MADE.pin(3), None)


def _notes() -> Iterator[Case]:
    """What was stamped, with one bit changed, or somebody else's: the token is over another note then."""
    good, pem = stamping.stamped(MADE, 7, authority=forger()), root().pem
    later = stamping.stamped(MADE, 7, before=8, authority=forger())
    randomly, note = Random(SEED), stamping.below(MADE.checkpoint(7), 6).checkpoint
    tokens = {"good": stamping.token_over(note, forger()), "another's token": later.token}
    for _ in range(10):
        what, other = flip("note", note, randomly)
        tokens[what] = stamping.token_over(other, forger())
    for what, token in tokens.items():
        yield Case(f"notes: {what}", stamping.exchanged(MADE, replace(good, token=token)), MADE.pin(3), pem)


def _flips() -> Iterator[Case]:
    """One bit of a token, or of the root, that is changed; the manifest is in order again."""
    randomly = Random(SEED)
    mid = certificate("M", root())
    by = for_time(mid)
    good = stamping.stamped(MADE, 7, authority=forger(by, brought=[by.der, mid.der]))
    for _ in range(FLIPS_OF_TOKENS):
        what, token = flip("token", good.token, randomly)
        yield Case(
            f"flips: {what}", stamping.exchanged(MADE, replace(good, token=token)), MADE.pin(3), root().pem
        )
    for _ in range(FLIPS_OF_ROOTS):
        what, given = flip("root", root().der, randomly)
        yield Case(f"flips: {what}", stamping.exchanged(MADE, good), MADE.pin(3), pem_of(given))


def _by_openssl() -> Iterator[Case]:
    """Yield answers that no program of ours made; none where there is no openssl."""
    if OPENSSL is None:
        return
    good, note = stamping.stamped(MADE, 7), stamping.below(MADE.checkpoint(7), 6).checkpoint
    keys: dict[str, AnyKey] = {
        "P-256": ec.generate_private_key(ec.SECP256R1()),
        "P-521": ec.generate_private_key(ec.SECP521R1()),
        "RSA": rsa.generate_private_key(65_537, 3_072),
    }
    for what, key in keys.items():
        above = issue("R", key=key)
        theirs = Authority(issue("S", above, usages=TIME_STAMPING, key=key), root=above)
        for digest, names_by in (("sha256", "sha256"), ("sha384", "sha1"), ("sha512", "sha512")):
            with TemporaryDirectory() as folder:
                answer = openssl_answers(Path(folder), theirs, digest=digest, names_by=names_by)
                token = answer(request_for(note).as_bytes())
            name = f"openssl: {what}, {digest}, named by {names_by}"
            yield Case(name, stamping.exchanged(MADE, replace(good, token=token)), MADE.pin(3), above.pem)
            wrong = token[:-3] + bytes([token[-3] ^ 1]) + token[-2:]
            yield Case(
                f"{name}, changed",
                stamping.exchanged(MADE, replace(good, token=wrong)),
                MADE.pin(3),
                above.pem,
            )
