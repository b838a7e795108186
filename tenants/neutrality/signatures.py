"""What a tenant's admins sign, byte by byte, and whether they did. Pure.

Each message is ASCII text of whole lines. The first line names the act, so that no signature of one act is one of
another; the second names the tenant by its public id, so that none is good in another tenant.

    ringfence neutrality policy v1          ringfence mitigation plan v1
    tenant 3f9c…                            tenant 3f9c…
    version 7                               plan 0199…
    sha256 <64 hex digits>                  sha256 <64 hex digits>
    replaces <64 hex digits> or none        policy <64 hex digits>
    not before 2026-11-26T12:00:00Z

    ringfence admin key possession v1       ringfence admin key endorsement v1
    tenant 3f9c…                            tenant 3f9c…
    member 0199…                            member 0199…
    key <64 hex digits>                     key <64 hex digits>
                                            endorsed by <64 hex digits>
    ringfence key recovery stop v1
    tenant 3f9c…
    recovery 0199…
    stopped by <64 hex digits>

Lines end with LF, the last one too. Frozen vectors: tests/unit/neutrality/test_signatures.py.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import ClassVar
from uuid import UUID

from ringfence.crypto.errors import SignatureWrong, VerifierKeyMalformed
from ringfence.crypto.verifying import check_public_key, verify_signature

NEEDED_SIGNERS = 2
"""Distinct members whose keys must sign a policy or a plan."""
DIGEST_BYTES = 32

_PUBLIC_ID = re.compile(r"[0-9a-z]{1,64}", re.ASCII)


class SignatureRefused(Exception):
    """A signature does not count. The words say why, for whoever brought it."""


@dataclass(frozen=True, slots=True)
class Request:
    """Something to be signed in one tenant. `lines` are what stands between tenant and end."""

    act: ClassVar[str]
    tenant: str

    def lines(self) -> tuple[str, ...]:
        """Return the lines after the tenant's."""
        raise NotImplementedError

    def to_bytes(self) -> bytes:
        """Return the bytes that are signed."""
        if not _PUBLIC_ID.fullmatch(self.tenant):
            raise ValueError("a tenant stands in a message by its public id")
        return "".join(f"{line}\n" for line in (self.act, f"tenant {self.tenant}", *self.lines())).encode(
            "ascii"
        )


@dataclass(frozen=True, slots=True)
class PolicyRequest(Request):
    """One version of a policy. `replaces` is the digest of the newest signed version, None when there is none."""

    act: ClassVar[str] = "ringfence neutrality policy v1"
    version: int
    digest: bytes
    replaces: bytes | None
    not_before: datetime

    def lines(self) -> tuple[str, ...]:
        """Return version, digest, what it replaces, and when it may begin."""
        before = "none" if self.replaces is None else _digest(self.replaces)
        return (
            f"version {self.version}",
            f"sha256 {_digest(self.digest)}",
            f"replaces {before}",
            f"not before {instant(self.not_before)}",
        )


@dataclass(frozen=True, slots=True)
class PlanRequest(Request):
    """One mitigation plan, under the policy in force whose digest is `policy`."""

    act: ClassVar[str] = "ringfence mitigation plan v1"
    plan: UUID
    digest: bytes
    policy: bytes

    def lines(self) -> tuple[str, ...]:
        """Return plan, its digest, and the policy's."""
        return f"plan {self.plan}", f"sha256 {_digest(self.digest)}", f"policy {_digest(self.policy)}"


@dataclass(frozen=True, slots=True)
class PossessionRequest(Request):
    """A new key signs for itself: whoever registers it holds its private half."""

    act: ClassVar[str] = "ringfence admin key possession v1"
    member: UUID
    key: bytes

    def lines(self) -> tuple[str, ...]:
        """Return member and key."""
        return f"member {self.member}", f"key {_digest(self.key)}"


@dataclass(frozen=True, slots=True)
class EndorsementRequest(Request):
    """An active key of another member signs that a new key is that member's."""

    act: ClassVar[str] = "ringfence admin key endorsement v1"
    member: UUID
    key: bytes
    endorser: bytes

    def lines(self) -> tuple[str, ...]:
        """Return member, key and endorser."""
        return (
            f"member {self.member}",
            f"key {_digest(self.key)}",
            f"endorsed by {_digest(self.endorser)}",
        )


@dataclass(frozen=True, slots=True)
class StopRequest(Request):
    """An active key stops a recovery."""

    act: ClassVar[str] = "ringfence key recovery stop v1"
    recovery: UUID
    key: bytes

    def lines(self) -> tuple[str, ...]:
        """Return the recovery and the key that stops it."""
        return f"recovery {self.recovery}", f"stopped by {_digest(self.key)}"


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature with the key that made it and the member whose key it is."""

    member: UUID
    public: bytes
    signature: bytes


def check_key(public: bytes) -> None:
    """Return if a public key may stand. Raises `SignatureRefused`."""
    try:
        check_public_key(public)
    except VerifierKeyMalformed as malformed:
        raise SignatureRefused(str(malformed)) from malformed


def check_signature(request: Request, public: bytes, signature: bytes) -> None:
    """Return if `signature` is the key's over `request`. Raises `SignatureRefused`."""
    try:
        verify_signature(public, request.to_bytes(), signature)
    except VerifierKeyMalformed as malformed:
        raise SignatureRefused(str(malformed)) from malformed
    except SignatureWrong as wrong:
        raise SignatureRefused(
            "The signature is not this key's over this version in this workspace. Nothing was taken over;"
            " open the page again, and sign what it shows."
        ) from wrong


def counted(request: Request, signed: Collection[Signed], *, entitled: Collection[UUID]) -> frozenset[UUID]:
    """Return the members whose signatures count: good, by somebody entitled, each member once."""
    found: set[UUID] = set()
    for each in signed:
        if each.member not in entitled:
            continue
        try:
            check_signature(request, each.public, each.signature)
        except SignatureRefused:
            continue
        found.add(each.member)
    return frozenset(found)


def fingerprint(public: bytes) -> str:
    """Return how people compare keys: the first 16 hex digits of SHA-256, in groups of four."""
    digits = sha256(public).hexdigest()[:16]
    return " ".join(digits[start : start + 4] for start in range(0, 16, 4))


def instant(moment: datetime) -> str:
    """Return a moment as it stands in messages: UTC, whole seconds. Raises ValueError for a part of a second."""
    if moment.utcoffset() is None or moment.microsecond:
        raise ValueError("a moment in a message has a zone and whole seconds")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _digest(value: bytes) -> str:
    if len(value) != DIGEST_BYTES:
        raise ValueError(f"{DIGEST_BYTES} bytes stand here, not {len(value)}")
    return value.hex()
