"""Strict readings of numbers, base64 and text, shared by every format of the log."""

import base64
import binascii
import re

from audit.errors import Malformed

# Sizes and indexes stay below 2**63, as in the reference implementation (Go's int64).
LARGEST_NUMBER = 2**63 - 1
HASH_BYTES = 32

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def parse_decimal(text: str) -> int:
    """Read an ASCII decimal without sign, space, underscore or leading zero, below 2**63."""
    # int() alone would take "+5", "1_0", " 1" and digits of other scripts.
    if not _DECIMAL.fullmatch(text):
        raise Malformed(f"not a plain decimal number: {text[:40]!r}")
    number = int(text)
    if number > LARGEST_NUMBER:
        raise Malformed("a number is too large")
    return number


def parse_base64(text: str) -> bytes:
    """Read RFC 4648 section 4 base64 with padding; only the canonical encoding is taken."""
    try:
        decoded = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        raise Malformed(f"not base64: {text[:40]!r}") from None
    # b64decode accepts any value in the unused trailing bits; two texts must not mean one thing.
    if to_base64(decoded) != text:
        raise Malformed(f"not canonical base64: {text[:40]!r}")
    return decoded


def parse_hash(text: str) -> bytes:
    """Read one base64 SHA-256 hash of exactly 32 bytes."""
    decoded = parse_base64(text)
    if len(decoded) != HASH_BYTES:
        raise Malformed(f"a hash has {len(decoded)} bytes, not {HASH_BYTES}")
    return decoded


def to_base64(content: bytes) -> str:
    """Encode as RFC 4648 section 4 base64 with padding."""
    return base64.b64encode(content).decode("ascii")


def parse_utf8(content: bytes) -> str:
    """Decode strict UTF-8: no surrogates, no overlong forms."""
    try:
        return bytes(content).decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("not UTF-8") from None


def require_encodable(text: str) -> None:
    """Return if `text` has a UTF-8 form: half a surrogate pair, as lenient decoding leaves, has none."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Malformed("text holds half a character") from None
