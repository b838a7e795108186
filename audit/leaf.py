"""The leaf of a tenant's log: two salted commitments and a time, and nothing that tells of a person.

    {"c":<commitment to core>,"p":<commitment to pii>,"t":<POSIX milliseconds>,"v":1}

A commitment is base64 of HMAC-SHA-256(salt, tag || 0x00 || canonical JSON), the salt 32 random
bytes used once. *core* says what happened; *pii* says who did it and from where. An *opening* is
salt || canonical JSON: whoever holds it can show what a commitment hides; once it is destroyed,
nobody can, and every proof over the leaf still holds.
"""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from audit.encoding import HASH_BYTES, parse_decimal, parse_hash, parse_utf8, to_base64
from audit.errors import Malformed, ProofRejected
from audit.merkle import leaf_hash

SALT_BYTES = 32
COMMITMENT_CHARACTERS = 44

# A cap on what one opening may cost a verifier; a delivery of 1,000 objects needs about 100 KiB.
MAX_OPENING_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 32

_LEAF = re.compile(
    r'\{"c":"(?P<core>[A-Za-z0-9+/=]{44})","p":"(?P<pii>[A-Za-z0-9+/=]{44})","t":(?P<at>[0-9]{1,19}),"v":1\}',
    re.ASCII,
)


class Half(StrEnum):
    """The two things a leaf commits to, erasable one without the other."""

    CORE = "core"
    PII = "pii"


_TAGS = {half: f"ringfence/audit/v1/{half}".encode() + b"\x00" for half in Half}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A new leaf: the bytes that are logged, and the two openings to seal and keep beside them."""

    encoded: bytes
    core_opening: bytes = field(repr=False)
    pii_opening: bytes = field(repr=False)

    @property
    def hash(self) -> bytes:
        """The leaf hash that goes into the tree, 32 bytes."""
        return leaf_hash(self.encoded)


@dataclass(frozen=True, slots=True)
class ParsedLeaf:
    """What a leaf says by itself: two commitments and a time in POSIX milliseconds."""

    core: bytes
    pii: bytes
    at_ms: int


def build(core: Mapping[str, object], pii: Mapping[str, object], at_ms: int) -> Leaf:
    """Commit to `core` and `pii` with fresh salts, at `at_ms` (POSIX milliseconds).

    Values are strings, integers, booleans, None, lists and mappings of such. Raises `Malformed`
    for anything else: floats have no one canonical form.
    """
    core_opening = secrets.token_bytes(SALT_BYTES) + canonical_json(core)
    pii_opening = secrets.token_bytes(SALT_BYTES) + canonical_json(pii)
    return Leaf(
        encode(_commit(Half.CORE, core_opening), _commit(Half.PII, pii_opening), at_ms),
        core_opening,
        pii_opening,
    )


def encode(core: bytes, pii: bytes, at_ms: int) -> bytes:
    """Return the leaf over two commitments; raises `Malformed` for a time before 1970."""
    if len(core) != HASH_BYTES or len(pii) != HASH_BYTES or at_ms < 0:
        raise Malformed("a leaf holds two commitments of 32 bytes and a time after 1970")
    return b'{"c":"%b","p":"%b","t":%d,"v":1}' % (to_base64(core).encode(), to_base64(pii).encode(), at_ms)


def parse(encoded: bytes) -> ParsedLeaf:
    """Read a leaf; raises `Malformed` unless it is the one encoding of its content."""
    match = _LEAF.fullmatch(parse_utf8(encoded))
    if match is None:
        raise Malformed("a leaf has a version or a shape not known here")
    return ParsedLeaf(parse_hash(match["core"]), parse_hash(match["pii"]), parse_decimal(match["at"]))


def check_opening(leaf: bytes, half: Half, opening: bytes) -> dict[str, Any]:
    """Return what `half` of `leaf` says, if `opening` is what the leaf commits to.

    Raises `ProofRejected` for another opening, and `Malformed` for a leaf, or committed bytes,
    that are not canonical.
    """
    parsed = parse(leaf)
    committed = parsed.core if half is Half.CORE else parsed.pii
    if not SALT_BYTES < len(opening) <= MAX_OPENING_BYTES:
        raise Malformed("an opening has a salt and a content, of at most 4 MiB")
    if not hmac.compare_digest(_commit(half, opening), committed):
        raise ProofRejected(f"the {half} shown is not what the leaf commits to")
    return parse_canonical_json(opening[SALT_BYTES:])


def canonical_json(content: Mapping[str, object]) -> bytes:
    """Return sorted, compact UTF-8 JSON; raises `Malformed` for what has no canonical form."""
    _require_plain(content, depth=0)
    try:
        return _ENCODER.encode(content).encode()
    except ValueError:
        # Half a surrogate pair, or an integer beyond Python's limit of digits.
        raise Malformed("text or a number has no canonical JSON") from None


def parse_canonical_json(encoded: bytes) -> dict[str, Any]:
    """Read what `canonical_json` wrote; raises `Malformed` for any other bytes."""
    try:
        content = json.loads(parse_utf8(encoded))
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None
    if not isinstance(content, dict) or canonical_json(content) != bytes(encoded):
        raise Malformed("not canonical JSON of one object")
    return content


_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
)


def _commit(half: Half, opening: bytes) -> bytes:
    """Return the commitment that `opening` opens. The key length is fixed, so it binds."""
    return hmac.digest(opening[:SALT_BYTES], _TAGS[half] + opening[SALT_BYTES:], hashlib.sha256)


def _require_plain(value: object, *, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Malformed("JSON is nested too deep")
    if value is None or isinstance(value, str | bool | int):
        return
    if isinstance(value, list | tuple):
        for each in value:
            _require_plain(each, depth=depth + 1)
    elif isinstance(value, Mapping):
        for name, each in value.items():
            if not isinstance(name, str):
                raise Malformed("a name in JSON is text")
            _require_plain(each, depth=depth + 1)
    else:
        raise Malformed(f"{type(value).__name__} has no canonical JSON")
