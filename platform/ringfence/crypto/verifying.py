"""Ed25519 signatures of people: public keys that are what they should be, and strict verification. Nothing signs here.

A public key of small order fits signatures that nobody made, and one with a part of small order is not the key
of one secret alone; neither is taken. Sources: RFC 8032, sections 5.1.3 and 5.1.7; "Taming the many EdDSAs" (2020).
"""

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ringfence.crypto.errors import SignatureWrong, VerifierKeyMalformed

PUBLIC_KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

_P: Final = 2**255 - 19
_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, -1, _P) % _P
_ROOT: Final = pow(2, (_P - 1) // 4, _P)

# Extended coordinates (X, Y, Z, T) with x = X/Z, y = Y/Z, x*y = T/Z; RFC 8032, section 5.1.4.
_Point = tuple[int, int, int, int]
_NEUTRAL: Final[_Point] = (0, 1, 1, 0)


def check_public_key(public: bytes) -> None:
    """Return if `public` is the canonical encoding of a point of the prime-order group, other than its neutral one.

    Raises:
        VerifierKeyMalformed: it is not.
    """
    if len(public) != PUBLIC_KEY_BYTES:
        raise VerifierKeyMalformed(f"an Ed25519 public key has {PUBLIC_KEY_BYTES} bytes")
    point = _decode(public)
    if _is_neutral(point) or not _is_neutral(_times(_ORDER, point)):
        raise VerifierKeyMalformed("the public key has a part of small order: nobody's secret makes it")


def verify_signature(public: bytes, message: bytes, signature: bytes) -> None:
    """Return if `signature` is the key's over `message`.

    Raises:
        VerifierKeyMalformed: a public key that `check_public_key` refuses.
        SignatureWrong: any other signature.
    """
    check_public_key(public)
    if len(signature) != SIGNATURE_BYTES:
        raise SignatureWrong
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        raise SignatureWrong from None


def _decode(public: bytes) -> _Point:
    number = int.from_bytes(public, "little")
    odd, y = number >> 255, number & ((1 << 255) - 1)
    if y >= _P:
        raise VerifierKeyMalformed("the public key is not encoded canonically")
    # x^2 = (y^2 - 1) / (d y^2 + 1); the denominator is never 0, since -1/d is no square.
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and odd):
        raise VerifierKeyMalformed("the public key is no point of the curve")
    if x & 1 != odd:
        x = _P - x
    return x, y, 1, x * y % _P


def _add(one: _Point, other: _Point) -> _Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c = 2 * one[3] * other[3] * _D % _P
    d = 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(number: int, point: _Point) -> _Point:
    total = _NEUTRAL
    while number:
        if number & 1:
            total = _add(total, point)
        point = _add(point, point)
        number >>= 1
    return total


def _is_neutral(point: _Point) -> bool:
    return point[0] % _P == 0 and (point[1] - point[2]) % _P == 0
