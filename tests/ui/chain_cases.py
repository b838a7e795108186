"""By which key a time-stamp is signed, by whom that key's certificate, and what for: good, and wrong in each way."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from asn1crypto import core
from asn1crypto.util import int_to_bytes
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.ui.forged_tokens import (
    Forger,
    Made,
    Row,
    certificate,
    extension,
    for_time,
    forger,
    root,
    signer,
    stranger,
)

DAY = timedelta(days=1)
OTHER_PURPOSE = ExtendedKeyUsageOID.CODE_SIGNING


def signatures() -> Iterator[Row]:
    keys = {
        "P-256": ec.generate_private_key(ec.SECP256R1()),
        "P-384": ec.generate_private_key(ec.SECP384R1()),
        "P-521": ec.generate_private_key(ec.SECP521R1()),
        "RSA": rsa.generate_private_key(65_537, 2_048),
    }
    for what, key in keys.items():
        above = certificate("K", key=key)
        by = for_time(above, key=key)
        for hashed in ("sha256", "sha384", "sha512"):
            yield f"{what}, {hashed}", forger(by, hashed=hashed), above.pem
            yield (
                f"{what}, {hashed}, changed",
                forger(by, hashed=hashed, signature=lambda s: s[:-1] + bytes([s[-1] ^ 1])),
                above.pem,
            )
        yield f"{what}, nothing", forger(by, signature=lambda s: b""), above.pem
        yield f"{what}, longer", forger(by, signature=lambda s: s + b"\0"), above.pem
        yield f"{what}, by another key of the kind", forger(by).but(signed_by=root().key), above.pem
    by = for_time(certificate("K", key=keys["RSA"]), key=keys["RSA"])
    pem = certificate("K", key=keys["RSA"]).pem
    yield "RSA, plainly named", forger(by, scheme="rsassa_pkcs1v15"), pem
    yield "RSA, plainly named, SHA-512", forger(by, scheme="rsassa_pkcs1v15", hashed="sha512"), pem
    yield "RSA, another hash by name", forger(by, scheme="sha512_rsa"), pem
    yield "RSA as PSS", forger(by, scheme="rsassa_pss"), pem
    yield "RSA, SHA-1", forger(by, scheme="sha1_rsa"), pem
    yield "RSA, SHA-224", forger(by, hashed="sha224"), pem
    yield "ECDSA by name, RSA by key", forger(by, scheme="sha256_ecdsa"), pem
    pem = root().pem
    yield "RSA by name, ECDSA by key", forger(scheme="sha256_rsa"), pem
    yield "another hash by name", forger(scheme="sha384_ecdsa"), pem
    for what, change in {
        "r of nothing": lambda r, s: (0, s),
        "s of nothing": lambda r, s: (r, 0),
        "r below nothing": lambda r, s: (-r, s),
        "r too long": lambda r, s: (r + 2**256, s),
        "the other s": lambda r, s: (
            r,
            0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551 - s,
        ),
        "r and s exchanged": lambda r, s: (s, r),
    }.items():
        yield what, forger(signature=lambda made, change=change: _pair(made, change)), pem
    yield (
        "r and s bare",
        forger(
            signature=lambda made: b"".join(
                int_to_bytes(each.native, width=32) for each in core.SequenceOf.load(made, spec=core.Integer)
            )
        ),
        pem,
    )
    yield "ASN.1 with more", forger(signature=lambda made: made + b"\x05\x00"), pem
    edwards = ed25519.Ed25519PrivateKey.generate()
    yield "Ed25519", forger(for_time(root(), key=edwards), scheme="ed25519"), pem
    off = for_time(root(), change=_off_the_curve)
    yield "a point off the curve", forger(off), pem


def _pair(made: bytes, change: Callable[[int, int], tuple[int, int]]) -> bytes:
    class Pair(core.SequenceOf):  # type: ignore[misc]
        _child_spec = core.Integer

    return bytes(Pair(list(change(*(each.native for each in Pair.load(made))))).dump())


def _off_the_curve(der: bytes) -> bytes:
    at = der.index(b"\x03\x42\x00\x04") + 20
    return der[:at] + bytes([der[at] ^ 1]) + der[at + 1 :]


def chains() -> Iterator[Row]:
    pem, top = root().pem, root()

    def below(*path: Made, trusted: bytes = pem, **more: Any) -> tuple[Forger, bytes]:
        by = for_time(path[-1], **more)
        return forger(by, brought=[by.der, *(each.der for each in path)]), trusted

    rows: dict[str, tuple[Forger, bytes]] = {
        "root": below(top),
        "stranger's root": below(stranger()),
        "one in between": below(certificate("M", top)),
        "one in between, trusted itself": below(mid := certificate("M", top), trusted=mid.pem),
        "signer trusted itself": (forger(), signer().pem),
        "in between without usage": below(certificate("M", top, usage=None)),
        "in between that may not sign": below(certificate("M", top, usage="r")),
        "in between that is none": below(certificate("M", top, constraints=(False, None))),
        "in between without constraints": below(certificate("M", top, constraints=None)),
        "in between, ended": below(certificate("M", top, days=(-30 * DAY, -DAY))),
        "in between, not begun": below(certificate("M", top, days=(DAY, 30 * DAY))),
        "in between by another key": below(certificate("M", top, signed_by=stranger().key)),
        "in between by a stranger": below(certificate("M", stranger())),
        "in between, critical extension": below(
            certificate("M", top, more=[extension("1.2.3.4", b"\5\0", critical=True)])
        ),
        "in between, critical policies": below(
            certificate(
                "M", top, more=[extension("2.5.29.32", b"\x30\x06\x30\x04\x06\x02\x2a\x03", critical=True)]
            )
        ),
        "in between, odd extension": below(certificate("M", top, more=[extension("1.2.3.4", b"\5\0")])),
        "in between, broken constraints": below(
            certificate("M", top, constraints=None, more=[extension("2.5.29.19", b"\5\0", critical=True)])
        ),
        "in between, broken usage": below(
            certificate("M", top, usage=None, more=[extension("2.5.29.15", b"\3\1\x09")])
        ),
        "in between, SHA-384": below(certificate("M", top, hashed="sha384")),
        "in between, SHA-224": below(certificate("M", top, hashed="sha224")),
        "by another key": below(top, signed_by=stranger().key),
        "ended": below(top, days=(-30 * DAY, -DAY)),
        "ended that second": below(top, days=(-30 * DAY, timedelta())),
        "ended a second before": below(top, days=(-30 * DAY, timedelta(seconds=-1))),
        "not begun": below(top, days=(DAY, 30 * DAY)),
        "signer that may issue": below(top, constraints=(True, None), usage="dc"),
        "critical extension": below(top, more=[extension("1.2.3.4", b"\5\0", critical=True)]),
        "names beside": below(
            top, more=[(x509.SubjectAlternativeName([x509.DNSName("tsa.example")]), False)]
        ),
        "no names beside": below(top, more=[extension("2.5.29.17", b"\x30\x00")]),
        "without names of keys": below(certificate("M", top, identified=False), identified=False),
        "long serial": below(certificate("M", top, serial=2**159 - 1)),
        "until 2100": below(top, days=(-DAY, timedelta(days=36_500))),
        "from 1951": below(certificate("M", top, days=(timedelta(days=-27_400), DAY))),
    }
    for most, deep in ((0, 1), (0, 2), (1, 2), (1, 3)):
        path = [certificate("R0", constraints=(True, most))]
        for n in range(deep - 1):
            path.append(certificate(f"M{n}", path[-1]))
        rows[f"{deep - 1} in between where {most} may be"] = below(*path, trusted=path[0].pem)
    path = [top]
    for n in range(9):
        path.append(certificate(f"M{n}", path[-1]))
    for deep in (7, 8, 9):
        by = for_time(path[deep])
        rows[f"{deep} in between"] = (
            forger(by, brought=[by.der, *(each.der for each in path[1 : deep + 1])]),
            pem,
        )
    for what, more in {
        "ended": {"days": (-30 * DAY, -DAY)},
        "that may not sign": {"usage": "r"},
        "without constraints": {"constraints": None},
        "that is none": {"constraints": (False, None)},
        "of RSA with 1024 bits": {"key": rsa.generate_private_key(65_537, 1_024)},  # noqa: S505
        "limited to names": {"more": [(x509.NameConstraints([x509.DNSName("a.example")], None), True)]},
    }.items():
        odd = certificate("R0", **more)
        rows[f"root {what}"] = below(odd, trusted=odd.pem)
    big = certificate("R0", key=rsa.generate_private_key(65_537, 2_048))
    for hashed in ("sha256", "sha384", "sha512"):
        rows[f"PSS, {hashed}"] = below(big, trusted=big.pem, pss=True, hashed=hashed)
        rows[f"PSS, {hashed}, by another key"] = below(
            big, trusted=big.pem, pss=True, hashed=hashed, signed_by=rsa.generate_private_key(65_537, 2_048)
        )
        rows[f"RSA, {hashed}"] = below(big, trusted=big.pem, hashed=hashed)
    rows["RSA by name of PSS"] = below(
        big,
        trusted=big.pem,
        change=lambda der: der.replace(
            bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d01010c"), 1
        ),
    )
    loop = certificate("L")
    rows["a stranger's root brought"] = below(loop)
    namesake = certificate("R")
    rows["a namesake of the root"] = below(namesake)
    rows["a namesake beside the root"] = below(top, trusted=namesake.pem + pem)
    crossed = certificate("L", top, key=loop.key)
    by = for_time(loop)
    rows["crossed"] = forger(by, brought=[by.der, loop.der, crossed.der]), pem
    edwards = certificate("R0", key=ed25519.Ed25519PrivateKey.generate())
    rows["a root of Ed25519"] = below(edwards, trusted=edwards.pem)
    for what, (authority, trusted) in rows.items():
        yield what, authority, trusted


def purposes() -> Iterator[Row]:
    pem, stamping_ = root().pem, ExtendedKeyUsageOID.TIME_STAMPING
    given: dict[str, tuple[tuple[x509.ExtensionType, bool], ...]] = {
        "none": (),
        "not critical": ((x509.ExtendedKeyUsage([stamping_]), False),),
        "another": ((x509.ExtendedKeyUsage([OTHER_PURPOSE]), True),),
        "two": ((x509.ExtendedKeyUsage([stamping_, OTHER_PURPOSE]), True),),
        "two, the other first": ((x509.ExtendedKeyUsage([OTHER_PURPOSE, stamping_]), True),),
        "twice the same": ((x509.ExtendedKeyUsage([stamping_, stamping_]), True),),
        "any": ((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]), True),),
        "empty": (extension("2.5.29.37", b"\x30\x00", critical=True),),
        "no list": (extension("2.5.29.37", b"\x04\x00", critical=True),),
        "cut off": (extension("2.5.29.37", b"\x30\x08\x06", critical=True),),
    }
    for what, rows in given.items():
        yield what, forger(for_time(root(), purposes=rows)), pem
    for usage in ("", "c", "r", "n", "dn"):
        yield f"usage {usage!r}", forger(for_time(root(), usage=usage)), pem
    yield "no usage", forger(for_time(root(), usage=None)), pem
    yield (
        "usage of no bit",
        forger(for_time(root(), usage=None, more=[extension("2.5.29.15", b"\x03\x01\x00", critical=True)])),
        pem,
    )
    yield (
        "broken usage",
        forger(
            for_time(root(), usage=None, more=[extension("2.5.29.15", b"\x03\x02\x09\x80", critical=True)])
        ),
        pem,
    )
    yield "broken names beside", forger(for_time(root(), more=[extension("2.5.29.17", b"\x31\x00")])), pem
    yield (
        "names of an odd kind beside",
        forger(for_time(root(), more=[extension("2.5.29.17", b"\x30\x02\x8f\x00")])),
        pem,
    )
    yield "broken policies", forger(for_time(root(), more=[extension("2.5.29.32", b"\x05\x00")])), pem
    yield (
        "twice",
        forger(
            for_time(
                root(),
                more=[extension("1.2.3.5", b"\x05\x00"), extension("1.2.3.4", b"\x05\x00")],
                change=lambda der: der.replace(b"\x06\x03\x2a\x03\x05", b"\x06\x03\x2a\x03\x04", 1),
            )
        ),
        pem,
    )
