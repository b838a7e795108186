"""A ciphertext that AES-GCM opens under two keys: what key commitment is there to refuse.

GHASH algebra over GF(2^128) (NIST SP 800-38D section 6.3). With no associated data and two blocks
c0, c1, a key's tag is c0·H³ + c1·H² + L·H + E(J0), where H = E(0) and L holds the lengths. Setting
the tags of two keys equal leaves one linear equation for c1.
"""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from ringfence.crypto import chunked

REDUCTION = 0xE1 << 120  # x^128 + x^7 + x^2 + x + 1 in GCM's reflected order
BLOCK_BYTES = 16

Place = tuple[bytes, bytes]
"""(key, context): where a ciphertext opens."""


def sealed_for_two(one: Place, other: Place, salt: bytes) -> bytes:
    """Return salt, commitment of `one`, and a chunk that the bare cipher opens at both places."""
    keys = [chunked.derive(key, salt, context) for key, context in (one, other)]
    raw = [_message_key(key, salt, context) for key, context in (one, other)]
    chunk = _two_key_chunk((raw[0], keys[0].base_nonce), (raw[1], keys[1].base_nonce))
    return salt + keys[0].commitment + chunk


def decrypt_without_commitment(key: bytes, context: bytes, sealed: bytes) -> bytes:
    """Decrypt one chunk and skip the comparison that makes the format committing. For plants alone."""
    keys = chunked.derive(key, sealed[: chunked.SALT_BYTES], context)
    return bytes(chunked.open_chunk(keys, 0, sealed[chunked.HEADER_BYTES :], last=True))


def _message_key(key: bytes, salt: bytes, context: bytes) -> bytes:
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00" + salt + context
    return HKDFExpand(SHA512(), 76, info).derive(key)[:32]


def _two_key_chunk(one: tuple[bytes, bytes], other: tuple[bytes, bytes]) -> bytes:
    c0 = int.from_bytes(b"any first block!", "big")
    lengths = 2 * BLOCK_BYTES * 8
    sums = []
    for key, nonce in (one, other):
        h = _block(key, bytes(BLOCK_BYTES))
        h2 = _multiply(h, h)
        rest = _multiply(c0, _multiply(h2, h)) ^ _multiply(lengths, h) ^ _block(key, nonce + b"\0\0\0\x01")
        sums.append((h2, rest))
    (h2_one, rest_one), (h2_other, rest_other) = sums
    c1 = _multiply(rest_one ^ rest_other, _invert(h2_one ^ h2_other))
    return b"".join(part.to_bytes(BLOCK_BYTES, "big") for part in (c0, c1, _multiply(c1, h2_one) ^ rest_one))


def _multiply(x: int, y: int) -> int:
    product = 0
    for bit in range(127, -1, -1):
        if x >> bit & 1:
            product ^= y
        y = y >> 1 ^ (REDUCTION if y & 1 else 0)
    return product


def _invert(x: int) -> int:
    """Return x^(2^128 - 2), the inverse by Fermat: the product of x^(2^i) for i from 1 to 127."""
    result, square = 1 << 127, x
    for _ in range(127):
        square = _multiply(square, square)
        result = _multiply(result, square)
    return result


def _block(key: bytes, data: bytes) -> int:
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - the bare cipher is GCM's part
    return int.from_bytes(encryptor.update(data) + encryptor.finalize(), "big")
