"""What admins sign, byte by byte: frozen vectors, and every way in which a signature is not one."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tenants.neutrality import admin_key
from tenants.neutrality.signatures import (
    EndorsementRequest,
    PlanRequest,
    PolicyRequest,
    PossessionRequest,
    Request,
    SignatureRefused,
    Signed,
    StopRequest,
    check_key,
    check_signature,
    counted,
    fingerprint,
    instant,
)

TENANT, OTHER = "3f9c2a7710d4e8b65c01", "3f9c2a7710d4e8b65c02"
ONE, TWO = (UUID(int=n) for n in (1, 2))
SECRETS = [Ed25519PrivateKey.from_private_bytes(bytes([n] * 32)) for n in (1, 2)]
PUBLIC = [secret.public_key().public_bytes_raw() for secret in SECRETS]
DIGEST, BEFORE = sha256(b"a policy").digest(), sha256(b"the one before").digest()
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
POLICY = PolicyRequest(TENANT, 7, DIGEST, BEFORE, NOON)

VECTORS: list[tuple[Request, str, str]] = [
    (
        POLICY,
        "ringfence neutrality policy v1\n"
        f"tenant {TENANT}\n"
        "version 7\n"
        f"sha256 {DIGEST.hex()}\n"
        f"replaces {BEFORE.hex()}\n"
        "not before 2026-11-26T12:00:00Z\n",
        "POLICY",
    ),
    (
        replace(POLICY, version=1, replaces=None),
        "ringfence neutrality policy v1\n"
        f"tenant {TENANT}\n"
        "version 1\n"
        f"sha256 {DIGEST.hex()}\n"
        "replaces none\n"
        "not before 2026-11-26T12:00:00Z\n",
        "FIRST",
    ),
    (
        PlanRequest(TENANT, ONE, DIGEST, BEFORE),
        "ringfence mitigation plan v1\n"
        f"tenant {TENANT}\n"
        "plan 00000000-0000-0000-0000-000000000001\n"
        f"sha256 {DIGEST.hex()}\n"
        f"policy {BEFORE.hex()}\n",
        "PLAN",
    ),
    (
        PossessionRequest(TENANT, ONE, PUBLIC[0]),
        "ringfence admin key possession v1\n"
        f"tenant {TENANT}\n"
        "member 00000000-0000-0000-0000-000000000001\n"
        f"key {PUBLIC[0].hex()}\n",
        "POSSESSION",
    ),
    (
        EndorsementRequest(TENANT, TWO, PUBLIC[1], PUBLIC[0]),
        "ringfence admin key endorsement v1\n"
        f"tenant {TENANT}\n"
        "member 00000000-0000-0000-0000-000000000002\n"
        f"key {PUBLIC[1].hex()}\n"
        f"endorsed by {PUBLIC[0].hex()}\n",
        "ENDORSEMENT",
    ),
    (
        StopRequest(TENANT, ONE, PUBLIC[0]),
        "ringfence key recovery stop v1\n"
        f"tenant {TENANT}\n"
        "recovery 00000000-0000-0000-0000-000000000001\n"
        f"stopped by {PUBLIC[0].hex()}\n",
        "STOP",
    ),
]


@pytest.mark.parametrize(("request_", "text", "frozen"), VECTORS, ids=[vector[2] for vector in VECTORS])
def test_the_signed_bytes_are_frozen(request_: Request, text: str, frozen: str) -> None:
    assert request_.to_bytes() == text.encode()
    signature = SECRETS[0].sign(request_.to_bytes())
    assert signature.hex() == FROZEN[frozen]
    check_signature(request_, PUBLIC[0], signature)


def test_no_act_is_the_beginning_of_another_and_each_has_a_version() -> None:
    acts = [request.act for request, _, _ in VECTORS]
    assert all(act.startswith("ringfence ") and act.endswith(" v1") for act in acts)
    assert len({act.split(" v")[0] for act in acts}) == 5
    heads = {request.to_bytes().split(b"\n")[0] for request, _, _ in VECTORS}
    assert len(heads) == 5


@pytest.mark.parametrize(
    "other",
    [
        replace(POLICY, tenant=OTHER),
        replace(POLICY, version=8),
        replace(POLICY, digest=BEFORE),
        replace(POLICY, replaces=None),
        replace(POLICY, replaces=DIGEST),
        replace(POLICY, not_before=NOON + timedelta(seconds=1)),
        PlanRequest(TENANT, ONE, DIGEST, BEFORE),
    ],
    ids=["tenant", "version", "digest", "replaces nothing", "replaces another", "time", "act"],
)
def test_a_signature_is_good_for_nothing_else(other: Request) -> None:
    signature = SECRETS[0].sign(POLICY.to_bytes())
    check_signature(POLICY, PUBLIC[0], signature)
    with pytest.raises(SignatureRefused):
        check_signature(other, PUBLIC[0], signature)
    with pytest.raises(SignatureRefused):
        check_signature(POLICY, PUBLIC[1], signature)


@given(st.integers(0, 511))
def test_any_flipped_bit_is_seen(bit: int) -> None:
    signature = bytearray(SECRETS[0].sign(POLICY.to_bytes()))
    signature[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SignatureRefused):
        check_signature(POLICY, PUBLIC[0], bytes(signature))


ORDER = 2**252 + 27742317777372353535851937790883648493


def test_a_signature_has_one_spelling() -> None:
    signature = SECRETS[0].sign(POLICY.to_bytes())
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    with pytest.raises(SignatureRefused):
        check_signature(POLICY, PUBLIC[0], signature[:32] + scalar.to_bytes(32, "little"))


SMALL = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
]
"""All eight points of small order; with the first, one signature fits every text."""


@pytest.mark.parametrize("public", SMALL)
def test_a_key_of_small_order_is_refused(public: str) -> None:
    with pytest.raises(SignatureRefused, match="small order"):
        check_key(bytes.fromhex(public))


def test_the_signature_that_fits_every_text_fits_none_here() -> None:
    neutral = bytes.fromhex(SMALL[0])
    with pytest.raises(SignatureRefused, match="small order"):
        check_signature(POLICY, neutral, neutral + bytes(32))


@pytest.mark.parametrize(
    "public",
    [
        b"",
        PUBLIC[0][:31],
        PUBLIC[0] + b"\0",
        bytes.fromhex("ed" + "ff" * 30 + "7f"),
        bytes.fromhex("ee" + "ff" * 30 + "7f"),
        bytes.fromhex("01" + "00" * 30 + "80"),
        bytes.fromhex("02" + "00" * 31),
    ],
    ids=["empty", "short", "long", "y = p", "y = p + 1", "x = -0", "not on the curve"],
)
def test_a_malformed_key_is_refused(public: bytes) -> None:
    with pytest.raises(SignatureRefused):
        check_key(public)
    with pytest.raises(SignatureRefused):
        check_signature(POLICY, public, bytes(64))


def test_a_key_with_a_part_of_small_order_is_refused() -> None:
    # 8 · A has no such part, A + (a point of order 8) has: of prime order the one, the other not.
    from ringfence.crypto import verifying

    point = verifying._add(verifying._decode(PUBLIC[0]), verifying._decode(bytes.fromhex(SMALL[6])))
    x, y, z, _ = point
    inverse = pow(z, -1, 2**255 - 19)
    x, y = x * inverse % (2**255 - 19), y * inverse % (2**255 - 19)
    mixed = (y | (x & 1) << 255).to_bytes(32, "little")
    with pytest.raises(SignatureRefused, match="small order"):
        check_key(mixed)


@given(st.binary(min_size=32, max_size=32))
def test_the_key_of_any_secret_is_taken(seed: bytes) -> None:
    check_key(Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw())


def test_each_member_counts_once_and_only_if_entitled() -> None:
    good = [
        Signed(member, PUBLIC[n], SECRETS[n].sign(POLICY.to_bytes())) for n, member in enumerate((ONE, TWO))
    ]
    assert counted(POLICY, good, entitled={ONE, TWO}) == {ONE, TWO}
    assert counted(POLICY, good, entitled={TWO}) == {TWO}
    twice = [good[0], replace(good[1], member=ONE)]
    assert counted(POLICY, twice, entitled={ONE, TWO}) == {ONE}
    wrong = [good[0], replace(good[1], signature=good[0].signature)]
    assert counted(POLICY, wrong, entitled={ONE, TWO}) == {ONE}


def test_a_message_takes_no_line_of_somebody_elses_making() -> None:
    for tenant in ("", "a\nversion 9", "A", "a b", "x" * 65):
        with pytest.raises(ValueError, match="public id"):
            replace(POLICY, tenant=tenant).to_bytes()
    with pytest.raises(ValueError, match="32 bytes"):
        replace(POLICY, digest=b"short").to_bytes()


def test_a_moment_has_a_zone_and_whole_seconds() -> None:
    assert instant(NOON.astimezone(timezone(timedelta(hours=9)))) == "2026-11-26T12:00:00Z"
    for moment in (NOON.replace(tzinfo=None), NOON.replace(microsecond=1)):
        with pytest.raises(ValueError, match="zone"):
            instant(moment)


def _fields(request: Request) -> dict[str, str]:
    """Return the request file of a request, as the page writes it."""
    found = {"format": admin_key.REQUEST_FORMAT, "act": request.act, "tenant": request.tenant}
    for (words, name, _), line in zip(admin_key.ACTS[request.act], request.lines(), strict=True):
        if name != admin_key.OWN:
            found[name] = line.removeprefix(f"{words} ")
    return found


@pytest.mark.parametrize(("request_", "text", "frozen"), VECTORS, ids=[vector[2] for vector in VECTORS])
def test_the_command_signs_the_same_bytes(request_: Request, text: str, frozen: str) -> None:
    fields = _fields(request_)
    if "sha256" in fields:
        with pytest.raises(admin_key.Refused, match="document"):
            admin_key.sign(SECRETS[0], fields)
        fields["document"] = "a policy"
    made = admin_key.sign(SECRETS[0], fields)
    assert made["key"] == PUBLIC[0].hex()
    check_signature(request_, PUBLIC[0], bytes.fromhex(made["signature"]))


@pytest.mark.parametrize("field", ["act", "tenant", "version", "sha256", "replaces", "not_before", "format"])
def test_the_command_signs_no_malformed_request(field: str) -> None:
    fields = {**_fields(POLICY), "document": "a policy"}
    for wrong in ("", "x\ny", "7 ", fields[field] + "\n"):
        with pytest.raises(admin_key.Refused):
            admin_key.sign(SECRETS[0], {**fields, field: wrong})


def test_a_key_file_opens_with_its_passphrase_alone() -> None:
    content = admin_key.new_key("correct horse battery")
    private = admin_key.open_key(json.loads(json.dumps(content)), "correct horse battery")
    assert private.public_key().public_bytes_raw().hex() == content["public"]
    with pytest.raises(admin_key.Refused, match="passphrase is wrong"):
        admin_key.open_key(content, "correct horse batterx")
    other = {**content, "public": PUBLIC[0].hex()}
    with pytest.raises(admin_key.Refused, match="damaged"):
        admin_key.open_key(other, "correct horse battery")
    with pytest.raises(admin_key.Refused, match="12 characters"):
        admin_key.new_key("short")


def test_both_show_the_same_fingerprint() -> None:
    assert fingerprint(PUBLIC[0]) == admin_key.fingerprint(PUBLIC[0].hex())
    assert len(fingerprint(PUBLIC[0]).split()) == 4


FROZEN = {
    "POLICY": "2b34d4ae2f9134d9f1b817681a526fc188512d97f9508be4856f4a83ad70712b"
    "0d0feea9b16bc8b2a2f89d812093f8c72f32c5a8fad33d7d40ec3049ebcdb50e",
    "FIRST": "3a125a3607b7ec716fdcecd4aa15f3909aa4e967808168e39424ac705da77f13"
    "409aedb7be007e7d362975fb710f9768d101b96d49331a8eb454e9b651022505",
    "PLAN": "f5a46f4e29fd504e55a9f17c4d4004ba089cb5d10baa982ecd364bc7fa136e9f"
    "b39783f1d7500d9e3f586d2b9ffc692a22df59ee8b5a7377f0f659de78d04a0d",
    "POSSESSION": "9c272063cfc66ba40c4860a032edf68467781f75e63da78930ed3b164c9bb83c"
    "04cda36bebc44665f8723506ba2272d448fdfbcdf67a991b1be06b98c91a4e0f",
    "ENDORSEMENT": "401f809b8cd207f1bb9654a4e69deaa668450e98de3b4b5da2009fc3cae830c4"
    "6e0b198701b803a5d44c202aeb72f9aca71493a8ac2964039199719efe33280d",
    "STOP": "7e68df6a143449abbf909ea034805f732e55717d14711200825f2feed4931da5"
    "9b2761d665768c9640ac24a92a852e2122b7809faeafc7238dcbfa720fb80303",
}
