"""Chunked authenticated encryption: C2SP chunked-encryption@v1 in its Cobblestone-256 instance.

    sealed  = salt(24) || commitment(32) || chunk 0 || chunk 1 || … || last chunk
    key(32) || base nonce(12) || commitment(32) =
        HKDF-Expand-SHA512(input key,
            "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM" || 0x00 || salt || context)

Each chunk holds 16 KiB of plaintext and a 16-byte tag; the last one is always shorter than that and
may be empty, which is how a reader knows that nothing is missing. Chunk i, counted from 0, is sealed
with the nonce `base nonce XOR i` and no associated data: the context is bound by the derivation.

Source: https://c2sp.org/chunked-encryption; RFC 5869 section 2.3 for HKDF-Expand.
"""

from hashlib import sha512
from hmac import compare_digest
from hmac import digest as hmac_digest
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ringfence.crypto.errors import CannotOpen

KEY_BYTES: Final = 32
SALT_BYTES: Final = 24
COMMITMENT_BYTES: Final = 32
HEADER_BYTES: Final = SALT_BYTES + COMMITMENT_BYTES
CHUNK_BYTES: Final = 16 * 1024
TAG_BYTES: Final = 16
SEALED_CHUNK_BYTES: Final = CHUNK_BYTES + TAG_BYTES
MAX_CHUNKS: Final = 2**38

_NONCE_BYTES: Final = 12
_INFO_PREFIX: Final = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"

_BLOCK_BYTES: Final = 128
_INNER_PAD: Final = bytes(octet ^ 0x36 for octet in range(256))
_OUTER_PAD: Final = bytes(octet ^ 0x5C for octet in range(256))

Octets = bytes | bytearray | memoryview


class PreparedKey:
    """An input key whose two HMAC-SHA-512 pads are hashed already: for many messages under one key.

    It holds a copy of the key, in effect: whoever drops the key drops this too. Making it costs what one
    message saves, 3 of 8 µs. Source: RFC 2104 section 4, "Implementation Note".
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes | bytearray) -> None:
        _check_raw_key(key)
        padded = bytes(key).ljust(_BLOCK_BYTES, b"\0")
        self._inner = sha512(padded.translate(_INNER_PAD))
        self._outer = sha512(padded.translate(_OUTER_PAD))

    def mac(self, message: bytes) -> bytes:
        """Return HMAC-SHA-512 of the message."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()

    def __reduce__(self) -> str:
        raise TypeError("a prepared key is neither pickled nor copied")


Key = bytes | bytearray | PreparedKey


class MessageKeys(NamedTuple):
    """What one (key, salt, context) derives; good for exactly one message."""

    cipher: AESGCM
    base_nonce: bytes
    commitment: bytes

    def __repr__(self) -> str:
        return "MessageKeys(…)"


def encrypt(key: Key, salt: bytes, context: bytes, plaintext: Octets) -> bytes:
    """Return salt ‖ commitment ‖ chunks of `plaintext`.

    Args:
        key: 32 uniformly random bytes; it may seal 2^77 messages.
        salt: 24 bytes, fresh from the system's generator for each message. A salt used twice
            with one key and context reuses the nonces, and gives the plaintexts away.
        context: what the message belongs to; the same bytes are needed to open it.
        plaintext: of any length, also 0. Above some MiB, `Encryptor` keeps memory constant.
    """
    _check_octets("plaintext", plaintext)
    keys = derive(key, salt, context)
    if len(plaintext) < CHUNK_BYTES:
        # One chunk has number 0, whose nonce is the base nonce: the path of every database cell.
        return salt + keys.commitment + keys.cipher.encrypt(keys.base_nonce, plaintext, None)
    view = memoryview(plaintext)
    pieces = [salt, keys.commitment]
    # The range ends one past the last full chunk, so that the last piece is short, if need be empty.
    for index in range(len(plaintext) // CHUNK_BYTES + 1):
        chunk = view[index * CHUNK_BYTES : (index + 1) * CHUNK_BYTES]
        pieces.append(keys.cipher.encrypt(chunk_nonce(keys.base_nonce, index), chunk, None))
    return b"".join(pieces)


def decrypt(key: Key, context: bytes, sealed: Octets) -> bytes:
    """Return the plaintext of what `encrypt` returned for this key and context.

    Raises:
        CannotOpen: anything differs, in key, context or ciphertext.
    """
    _check_octets("sealed", sealed)
    keys = open_header(key, context, sealed[:HEADER_BYTES])
    body = sealed[HEADER_BYTES:]
    if len(body) < SEALED_CHUNK_BYTES:
        return open_chunk(keys, 0, body, last=True)
    view = memoryview(body)
    last_index = len(body) // SEALED_CHUNK_BYTES
    pieces = []
    for index in range(last_index + 1):
        chunk = view[index * SEALED_CHUNK_BYTES : (index + 1) * SEALED_CHUNK_BYTES]
        pieces.append(open_chunk(keys, index, chunk, last=index == last_index))
    return b"".join(pieces)


def derive(key: Key, salt: Octets, context: bytes) -> MessageKeys:
    """Return the message key, base nonce and commitment of one message.

    HKDF-Expand is written out, because 76 bytes are two HMAC blocks and a one-shot HMAC costs
    half of what a general HKDF object does.
    """
    _check_key(key)
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    if not isinstance(context, bytes):
        raise TypeError("a context is bytes")
    info = b"".join((_INFO_PREFIX, salt, context))
    if isinstance(key, PreparedKey):
        first = key.mac(info + b"\x01")
        second = key.mac(first + info + b"\x02")
    else:
        first = hmac_digest(key, info + b"\x01", "sha512")
        second = hmac_digest(key, first + info + b"\x02", "sha512")
    return MessageKeys(AESGCM(first[:32]), first[32:44], first[44:] + second[:12])


def open_header(key: Key, context: bytes, header: Octets) -> MessageKeys:
    """Derive the keys of the message that begins with `header`, and check its commitment.

    AES-GCM alone lets one ciphertext open under two keys; the commitment is what ties it to one
    key and one context, so no chunk is looked at before it.

    Raises:
        CannotOpen: the header is short, or commits to another key or context.
    """
    if len(header) != HEADER_BYTES:
        _check_key(key)
        raise CannotOpen
    keys = derive(key, header[:SALT_BYTES], context)
    if not compare_digest(keys.commitment, header[SALT_BYTES:]):
        raise CannotOpen
    return keys


def open_chunk(keys: MessageKeys, index: int, chunk: Octets, *, last: bool) -> bytes:
    """Return the plaintext of chunk `index`, counted from 0.

    Args:
        keys: from `open_header`, which has checked the commitment.
        last: whether the message ends here: a last chunk is short, any other is full.

    Raises:
        CannotOpen: not this chunk of this message, or a length that its place does not allow.
    """
    length_fits = TAG_BYTES <= len(chunk) < SEALED_CHUNK_BYTES if last else len(chunk) == SEALED_CHUNK_BYTES
    if not length_fits or index >= MAX_CHUNKS:
        raise CannotOpen
    nonce = chunk_nonce(keys.base_nonce, index) if index else keys.base_nonce
    try:
        return keys.cipher.decrypt(nonce, chunk, None)
    except InvalidTag:
        raise CannotOpen from None


def chunk_nonce(base_nonce: bytes, index: int) -> bytes:
    """Return `base_nonce` XOR `index` as a big-endian integer of 12 bytes."""
    if not 0 <= index < MAX_CHUNKS:
        raise ValueError("a message has at most 2^38 chunks")
    return (int.from_bytes(base_nonce, "big") ^ index).to_bytes(_NONCE_BYTES, "big")


class Encryptor:
    """Encrypts one message piece by piece, holding less than one chunk of plaintext between calls.

    The joined returns of `update` and `finalize` are what `encrypt` returns.
    """

    __slots__ = ("_finished", "_header", "_index", "_keys", "_pending")

    def __init__(self, key: bytes | bytearray, salt: bytes, context: bytes) -> None:
        self._keys = derive(key, salt, context)
        self._header = bytes(salt) + self._keys.commitment
        self._pending = bytearray()
        self._index = 0
        self._finished = False

    def update(self, plaintext: Octets) -> bytes:
        """Take more plaintext; return what is ready, at first with the header."""
        _check_octets("plaintext", plaintext)
        self._refuse_if_finished()
        self._pending += plaintext
        pieces = [self._take_header()]
        # A full chunk is never the last one, so it can go as soon as it is full.
        while len(self._pending) >= CHUNK_BYTES:
            pieces.append(self._seal(bytes(self._pending[:CHUNK_BYTES])))
            del self._pending[:CHUNK_BYTES]
        return b"".join(pieces)

    def finalize(self) -> bytes:
        """Return the last, short chunk. The message is whole after this, and cut off before."""
        self._refuse_if_finished()
        self._finished = True
        return self._take_header() + self._seal(bytes(self._pending))

    def _seal(self, chunk: bytes) -> bytes:
        sealed = self._keys.cipher.encrypt(chunk_nonce(self._keys.base_nonce, self._index), chunk, None)
        self._index += 1
        return sealed

    def _take_header(self) -> bytes:
        header, self._header = self._header, b""
        return header

    def _refuse_if_finished(self) -> None:
        if self._finished:
            raise ValueError("this message is finished; a new one needs a new salt")


class Decryptor:
    """Opens one message piece by piece, holding less than one sealed chunk between calls.

    `update` returns authenticated plaintext only, and in order. It cannot know yet that the message
    is whole: until `finalize` has returned, what was released may be a prefix. After one failure
    every further call fails.
    """

    __slots__ = ("_context", "_finished", "_index", "_key", "_keys", "_pending")

    def __init__(self, key: bytes | bytearray, context: bytes) -> None:
        _check_key(key)
        if not isinstance(context, bytes):
            raise TypeError("a context is bytes")
        self._key = key
        self._context = context
        self._keys: MessageKeys | None = None
        self._pending = bytearray()
        self._index = 0
        self._finished = False

    def update(self, sealed: Octets) -> bytes:
        """Take more ciphertext; return the plaintext of the full chunks in it.

        Raises:
            CannotOpen: as `decrypt`; nothing of this call's chunks is released then.
        """
        _check_octets("sealed", sealed)
        self._refuse_if_finished()
        self._pending += sealed
        pieces: list[bytes] = []
        # What does not open stays in `_pending`, where it fails every later call too.
        if self._keys is None and len(self._pending) >= HEADER_BYTES:
            self._keys = self._open_header()
        if self._keys is not None:
            while len(self._pending) >= SEALED_CHUNK_BYTES:
                chunk = bytes(self._pending[:SEALED_CHUNK_BYTES])
                pieces.append(open_chunk(self._keys, self._index, chunk, last=False))
                del self._pending[:SEALED_CHUNK_BYTES]
                self._index += 1
        return b"".join(pieces)

    def finalize(self) -> bytes:
        """Return the plaintext of the last chunk, and with it the promise that the message is whole.

        Raises:
            CannotOpen: as `decrypt`, or the message was cut off.
        """
        self._refuse_if_finished()
        self._finished = True
        if self._keys is None:
            raise CannotOpen
        return open_chunk(self._keys, self._index, bytes(self._pending), last=True)

    def _open_header(self) -> MessageKeys:
        keys = open_header(self._key, self._context, bytes(self._pending[:HEADER_BYTES]))
        del self._pending[:HEADER_BYTES]
        return keys

    def _refuse_if_finished(self) -> None:
        if self._finished:
            raise ValueError("this message is finished")


def _check_key(key: object) -> None:
    if not isinstance(key, PreparedKey):
        _check_raw_key(key)


def _check_raw_key(key: object) -> None:
    if not isinstance(key, (bytes, bytearray)):
        raise TypeError("a key is bytes")
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes")


def _check_octets(name: str, value: object) -> None:
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(f"{name} is bytes")
