"""Key commitment: one AES-GCM ciphertext that opens under two keys, and an envelope that refuses it.

The fixture is GHASH algebra over GF(2^128) (NIST SP 800-38D section 6.3). With no associated data and
two blocks c0, c1, a key's tag is c0·H³ + c1·H² + L·H + E(J0), where H = E(0) and L holds the lengths.
Setting the tags of two keys equal leaves one linear equation for c1.
"""

from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from ringfence.crypto import chunked, envelope
from ringfence.crypto.envelope import Binding, Sealer
from ringfence.crypto.errors import CannotOpen

OURS, RIVALS = b"\x11" * 32, b"\x99" * 32
SALT = bytes(range(24))
REDUCTION = 0xE1 << 120  # x^128 + x^7 + x^2 + x + 1 in GCM's reflected order


def multiply(x: int, y: int) -> int:
    product = 0
    for bit in range(127, -1, -1):
        if x >> bit & 1:
            product ^= y
        y = y >> 1 ^ (REDUCTION if y & 1 else 0)
    return product


def invert(x: int) -> int:
    """x^(2^128 - 2), by Fermat: the product of x^(2^i) for i from 1 to 127."""
    result, square = 1 << 127, x
    for _ in range(127):
        square = multiply(square, square)
        result = multiply(result, square)
    return result


def block(key: bytes, data: bytes) -> int:
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305  # the bare cipher is GCM's part
    return int.from_bytes(encryptor.update(data) + encryptor.finalize(), "big")


def two_key_ciphertext(one: tuple[bytes, bytes], other: tuple[bytes, bytes]) -> bytes:
    """Return two blocks and a tag that AES-GCM opens under both (key, nonce) pairs."""
    c0 = int.from_bytes(b"any first block!", "big")
    lengths = 32 * 8
    sums = []
    for key, nonce in (one, other):
        h = block(key, bytes(16))
        h2 = multiply(h, h)
        rest = multiply(c0, multiply(h2, h)) ^ multiply(lengths, h) ^ block(key, nonce + b"\x00\x00\x00\x01")
        sums.append((h2, rest))
    (h2_one, rest_one), (h2_other, rest_other) = sums
    c1 = multiply(rest_one ^ rest_other, invert(h2_one ^ h2_other))
    tag = multiply(c1, h2_one) ^ rest_one
    return b"".join(part.to_bytes(16, "big") for part in (c0, c1, tag))


def test_plain_aes_gcm_opens_one_ciphertext_under_two_keys():
    nonce = b"\x07" * 12
    forged = two_key_ciphertext((OURS, nonce), (RIVALS, nonce))

    opened = {key: AESGCM(key).decrypt(nonce, forged, None) for key in (OURS, RIVALS)}

    assert len(opened[OURS]) == len(opened[RIVALS]) == 32
    assert opened[OURS] != opened[RIVALS]


def crafted(
    one: tuple[bytes, bytes], other: tuple[bytes, bytes]
) -> tuple[chunked.MessageKeys, chunked.MessageKeys, bytes]:
    """Derive both message keys as the format does, and craft the chunk that opens under both."""
    derived = [chunked.derive(key, SALT, context) for key, context in (one, other)]
    # The derived key is inside an AESGCM object, so it is derived once more in the open.
    raw = [message_key(key, context) for key, context in (one, other)]
    chunk = two_key_ciphertext((raw[0], derived[0].base_nonce), (raw[1], derived[1].base_nonce))
    for keys in derived:
        assert len(chunked.open_chunk(keys, 0, chunk, last=True)) == 32, "the chunk part alone opens"
    return derived[0], derived[1], chunk


def message_key(key: bytes, context: bytes) -> bytes:
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00" + SALT + context
    return HKDFExpand(SHA512(), 76, info).derive(key)[:32]


@pytest.mark.parametrize(
    ("one", "other"),
    [((OURS, b"ctx"), (RIVALS, b"ctx")), ((OURS, b"row 1"), (OURS, b"row 2"))],
    ids=["two keys", "two contexts"],
)
def test_a_chunk_crafted_to_open_twice_opens_only_where_it_is_committed(one, other):
    keys_one, keys_other, chunk = crafted(one, other)

    for committed, (here, there) in ((keys_one, (one, other)), (keys_other, (other, one))):
        sealed = SALT + committed.commitment + chunk
        assert len(chunked.decrypt(*here, sealed)) == 32
        with pytest.raises(CannotOpen):
            chunked.decrypt(*there, sealed)
        decryptor = chunked.Decryptor(*there)
        with pytest.raises(CannotOpen):
            decryptor.update(sealed)


def test_a_cell_crafted_for_two_tenants_opens_for_one():
    dek_id, row = UUID(int=7), UUID(int=8)
    places = [Binding(UUID(int=tenant), "data", "annotation_task", "payload", row) for tenant in (1, 2)]
    contexts = [envelope.context(dek_id, place) for place in places]
    ours, _, chunk = crafted((OURS, contexts[0]), (RIVALS, contexts[1]))
    cell = envelope.header(dek_id) + SALT + ours.commitment + chunk

    assert len(envelope.open_sealed(OURS, places[0], cell)) == 32
    with pytest.raises(CannotOpen):
        envelope.open_sealed(RIVALS, places[1], cell)
    with pytest.raises(CannotOpen):
        Sealer(RIVALS, dek_id, UUID(int=2), "data", "annotation_task", "payload").open(row, cell)
