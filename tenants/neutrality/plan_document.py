"""A mitigation plan as a document: who, in which systems, for what, from when until when, on which conditions. Pure.

Canonical JSON, as policies are; its SHA-256 digest is what the tenant's admins sign. Members stand in it by the ids
by which the tenant knows them, systems by the ids of the workspace or of its projects.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from audit.errors import Malformed
from audit.leaf import canonical_json, parse_canonical_json
from tenants.neutrality.policy import PolicyRejected

VERSION = 1
MOST_MEMBERS = 200
MOST_SYSTEMS = 200
MOST_CONDITIONS = 20
MOST_CHARACTERS = 500
LONGEST = timedelta(days=366)

_KNOWN = frozenset({"version", "members", "systems", "purpose", "start", "end", "conditions"})


@dataclass(frozen=True, slots=True)
class PlanDocument:
    """One plan. Days are UTC; the end is the last day that counts."""

    members: frozenset[UUID]
    systems: frozenset[UUID]
    purpose: str
    start: date
    end: date
    conditions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field, ids, most in (
            ("members", self.members, MOST_MEMBERS),
            ("systems", self.systems, MOST_SYSTEMS),
        ):
            if not 1 <= len(ids) <= most:
                raise PolicyRejected(field, f"a plan names 1 to {most}")
        texts = [("purpose", self.purpose), *(("conditions", text) for text in self.conditions)]
        for field, text in texts:
            if not text.strip() or text != text.strip() or len(text) > MOST_CHARACTERS:
                raise PolicyRejected(field, f"words, at most {MOST_CHARACTERS} characters")
        if len(self.conditions) > MOST_CONDITIONS:
            raise PolicyRejected("conditions", f"at most {MOST_CONDITIONS}")
        if not self.start <= self.end <= self.start + LONGEST:
            raise PolicyRejected("end", f"on or after the start, and within {LONGEST.days} days of it")

    def to_bytes(self) -> bytes:
        """Return the canonical JSON that is signed."""
        return canonical_json(
            {
                "version": VERSION,
                "members": sorted(map(str, self.members)),
                "systems": sorted(map(str, self.systems)),
                "purpose": self.purpose,
                "start": self.start.isoformat(),
                "end": self.end.isoformat(),
                "conditions": list(self.conditions),
            }
        )

    @property
    def digest(self) -> bytes:
        """SHA-256 of the canonical JSON."""
        return hashlib.sha256(self.to_bytes()).digest()


def parse_plan(encoded: bytes) -> PlanDocument:
    """Read the bytes that were signed. Raises `PolicyRejected`, also for other bytes of the same content."""
    try:
        body = parse_canonical_json(encoded)
    except Malformed as error:
        raise PolicyRejected("document", str(error)) from error
    plan = _read(body)
    if plan.to_bytes() != bytes(encoded):
        raise PolicyRejected("document", "not in the one form that is signed")
    return plan


def _read(body: Mapping[str, Any]) -> PlanDocument:
    if set(body) != _KNOWN or body["version"] != VERSION:
        raise PolicyRejected("document", f"a plan of version {VERSION} has exactly {len(_KNOWN)} parts")
    try:
        return PlanDocument(
            members=frozenset(UUID(text) for text in body["members"]),
            systems=frozenset(UUID(text) for text in body["systems"]),
            purpose=str(body["purpose"]),
            start=date.fromisoformat(body["start"]),
            end=date.fromisoformat(body["end"]),
            conditions=tuple(str(text) for text in body["conditions"]),
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise PolicyRejected("document", f"not a plan: {error}") from error
