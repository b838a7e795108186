"""A tenant's neutrality policy: whom it excludes, from which figures on, and what each rule does. Pure.

The document is canonical JSON without fractions: percentages are decimal text. Its SHA-256 digest is what
the tenant's admins sign. Reading is strict: a name that is not known here is a slip, and refused.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

from audit.errors import Malformed
from audit.leaf import canonical_json, parse_canonical_json
from tenants.neutrality.facts import FactRefused, check_percentage

VERSION = 1
MOST_EXCLUDED = 200
MOST_RIVALS = 1_000
LEAST_COOLING_OFF_DAYS = 180
MOST_DAYS = 3_650

_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,2})(\.[0-9]{1,10})?", re.ASCII)
_KNOWN = frozenset({"version", "excluded", "rivals", "percents", "days", "rules"})


class PolicyRejected(Exception):
    """A policy document cannot stand. `field` names the part that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class Level(IntEnum):
    """What a hit does; the greater is the stricter."""

    REPORT = 0
    REVIEW = 1
    DENY = 2

    @property
    def word(self) -> str:
        """The level as policies and pages write it."""
        return self.name.lower()


class Rule(StrEnum):
    """The rules on parties that a policy can set."""

    CONTROL = "control"
    ECONOMIC = "economic"
    RIGHTS = "rights"
    INTERLOCK = "interlock"
    REVENUE = "revenue"
    DEBT = "debt"
    UNKNOWN = "unknown"
    PARENTS = "parents"
    STAKE = "stake"
    EXCLUDED = "excluded"
    """The excluded party itself; no policy can soften it."""


SETTABLE = tuple(rule for rule in Rule if rule is not Rule.EXCLUDED)


@dataclass(frozen=True, slots=True)
class Setting:
    """What one rule does to people tied to a party, and to ways out that lead to it."""

    people: Level
    egress: Level


DEFAULT_RULES: Mapping[Rule, Setting] = {
    Rule.CONTROL: Setting(Level.DENY, Level.DENY),
    Rule.ECONOMIC: Setting(Level.DENY, Level.DENY),
    Rule.RIGHTS: Setting(Level.DENY, Level.DENY),
    Rule.INTERLOCK: Setting(Level.DENY, Level.DENY),
    Rule.REVENUE: Setting(Level.REVIEW, Level.REVIEW),
    Rule.DEBT: Setting(Level.REVIEW, Level.REVIEW),
    Rule.UNKNOWN: Setting(Level.REVIEW, Level.DENY),
    Rule.PARENTS: Setting(Level.DENY, Level.DENY),
    Rule.STAKE: Setting(Level.REVIEW, Level.REVIEW),
}


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a tenant's policy. The defaults are the template that holds until a policy is signed."""

    excluded: frozenset[UUID] = frozenset()
    rivals: frozenset[UUID] = frozenset()
    """Parties whose data work conflicts with ours; excluded parties do so without being named here."""
    economic_percent: Decimal = Decimal(5)
    """From this share of any class of shares, of the capital or of the votes on."""
    revenue_percent: Decimal = Decimal(20)
    equity_percent: Decimal = Decimal("0.1")
    """A person's own equity in a listed excluded party below this is no tie."""
    cooling_off_days: int = 365
    stale_after_days: int = 90
    reaffirm_days: int = 90
    grace_days: int = 30
    rules: Mapping[Rule, Setting] = field(default_factory=lambda: DEFAULT_RULES)

    def setting(self, rule: Rule) -> Setting:
        """Return what `rule` does; the excluded party itself is always denied."""
        return Setting(Level.DENY, Level.DENY) if rule is Rule.EXCLUDED else self.rules[rule]

    def is_stale(self, stated_on: date, today: date) -> bool:
        """Say whether a statement of that date no longer clears anybody."""
        return (today - stated_on).days > self.stale_after_days

    def clean_on(self, last_day: date) -> date:
        """Return the first day after the cooling-off that follows `last_day`, the last day that counts."""
        return last_day + timedelta(days=self.cooling_off_days + 1)

    def document(self) -> dict[str, Any]:
        """Return the policy as JSON that `read_policy` takes."""
        return {
            "version": VERSION,
            "excluded": sorted(str(party) for party in self.excluded),
            "rivals": sorted(str(party) for party in self.rivals),
            "percents": {name: _written(getattr(self, f"{name}_percent")) for name in PERCENTS},
            "days": {name: getattr(self, f"{name}_days") for name in DAYS},
            "rules": {
                rule.value: {"people": self.rules[rule].people.word, "egress": self.rules[rule].egress.word}
                for rule in SETTABLE
            },
        }

    def to_bytes(self) -> bytes:
        """Return the canonical JSON that is signed."""
        return canonical_json(self.document())

    @property
    def digest(self) -> bytes:
        """SHA-256 of the canonical JSON."""
        return hashlib.sha256(self.to_bytes()).digest()


PERCENTS = ("economic", "revenue", "equity")
DAYS: Mapping[str, tuple[int, int]] = {
    "cooling_off": (LEAST_COOLING_OFF_DAYS, MOST_DAYS),
    "stale_after": (1, MOST_DAYS),
    "reaffirm": (1, MOST_DAYS),
    "grace": (0, MOST_DAYS),
}
"""Bounds of each number of days."""


def parse_policy(encoded: bytes) -> Policy:
    """Read the canonical bytes that were signed. Raises `PolicyRejected`, also for other bytes of the same content."""
    try:
        document = parse_canonical_json(encoded)
    except Malformed as error:
        raise PolicyRejected("document", str(error)) from error
    policy = read_policy(document)
    if policy.to_bytes() != bytes(encoded):
        raise PolicyRejected(
            "document", "not in the one form that is signed: sorted lists, no needless zeros"
        )
    return policy


def read_policy(document: object) -> Policy:
    """Read a policy; parts that are left out have their defaults. Raises `PolicyRejected`."""
    body = _mapping(document, where="document")
    _only(body, _KNOWN, where="")
    if type(body.get("version")) is not int or body["version"] != VERSION:
        raise PolicyRejected("version", f"this is version {VERSION} of the format")
    percents = _mapping(body.get("percents", {}), where="percents")
    _only(percents, set(PERCENTS), where="percents.")
    days = _mapping(body.get("days", {}), where="days")
    _only(days, set(DAYS), where="days.")
    given: dict[str, Any] = {
        f"{name}_percent": _percent(value, where=f"percents.{name}") for name, value in percents.items()
    }
    given |= {f"{name}_days": _days(value, DAYS[name], where=f"days.{name}") for name, value in days.items()}
    return Policy(
        excluded=_parties(body.get("excluded", []), MOST_EXCLUDED, where="excluded"),
        rivals=_parties(body.get("rivals", []), MOST_RIVALS, where="rivals"),
        rules=_rules(body.get("rules", {})),
        **given,
    )


def _rules(value: object) -> Mapping[Rule, Setting]:
    body = _mapping(value, where="rules")
    _only(body, {rule.value for rule in SETTABLE}, where="rules.")
    rules = dict(DEFAULT_RULES)
    for name, levels in body.items():
        where = f"rules.{name}"
        parts = _mapping(levels, where=where)
        _only(parts, {"people", "egress"}, where=f"{where}.")
        before = rules[Rule(name)]
        rules[Rule(name)] = Setting(
            _level(parts["people"], where=f"{where}.people") if "people" in parts else before.people,
            _level(parts["egress"], where=f"{where}.egress") if "egress" in parts else before.egress,
        )
    return rules


def _level(value: object, *, where: str) -> Level:
    for level in Level:
        if value == level.word:
            return level
    raise PolicyRejected(where, "a level is “deny”, “review” or “report”")


def _percent(value: object, *, where: str) -> Decimal:
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise PolicyRejected(where, "a percentage is text such as “5” or “0.1”")
    number = Decimal(value)
    try:
        check_percentage(number, field=where)
    except FactRefused as error:
        raise PolicyRejected(where, "a percentage is at most 100") from error
    if number == 0:
        raise PolicyRejected(where, "a threshold of 0 % would be reached by everybody; write a small one")
    return number


def _days(value: object, bounds: tuple[int, int], *, where: str) -> int:
    least, most = bounds
    if type(value) is not int or not least <= value <= most:
        raise PolicyRejected(where, f"a whole number of days from {least} to {most:,}")
    return value


def _parties(value: object, most: int, *, where: str) -> frozenset[UUID]:
    if not isinstance(value, list) or len(value) > most:
        raise PolicyRejected(where, f"a list of at most {most:,} parties")
    found: set[UUID] = set()
    for position, text in enumerate(value):
        try:
            party = UUID(text)
        except (ValueError, AttributeError, TypeError):
            raise PolicyRejected(f"{where}[{position}]", "not the id of a party") from None
        if party in found:
            raise PolicyRejected(f"{where}[{position}]", "this party is named twice")
        found.add(party)
    return frozenset(found)


def _mapping(value: object, *, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise PolicyRejected(where, "an object of named parts")
    return value


def _only(body: Mapping[str, Any], known: frozenset[str] | set[str], *, where: str) -> None:
    strange = sorted(str(name) for name in set(body) - known)
    if strange:
        raise PolicyRejected(f"{where}{strange[0][:40]}", "not known here")


def _written(value: Decimal) -> str:
    """Return a decimal without exponent and needless zeros."""
    return format(value.normalize(), "f")
