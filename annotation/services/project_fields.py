"""The rules of a project's own fields, one function each."""

from collections.abc import Mapping
from typing import Any

from annotation.values import MOST_WANTED_ANSWERS, SkipPolicy
from ringfence.kernel.errors import Invalid

MOST_NAME = 120
MOST_LEASE_MINUTES = 24 * 60
MOST_REOPEN_MINUTES = 24 * 60
MOST_PER_PERSON = 10**9


def clean_name(name: str) -> str:
    """Return the name without spaces around it. Raises `Invalid`."""
    name = name.strip()
    if not 1 <= len(name) <= MOST_NAME or not name.isprintable():
        raise Invalid(f"A project's name has 1 to {MOST_NAME} characters, in one line.", field="name")
    return name


def clean_overlap(overlap: int) -> int:
    """Return the number of answers wanted for each item. Raises `Invalid`."""
    if not 1 <= overlap <= MOST_WANTED_ANSWERS:
        raise Invalid(f"Ask for 1 to {MOST_WANTED_ANSWERS} answers to each item.", field="overlap")
    return overlap


def clean_lease(minutes: int) -> int:
    """Return the length of a lease in minutes. Raises `Invalid`."""
    if not 1 <= minutes <= MOST_LEASE_MINUTES:
        raise Invalid(
            f"Somebody may keep an item for 1 to {MOST_LEASE_MINUTES} minutes.", field="lease_minutes"
        )
    return minutes


def clean_rules(rules: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rules of labeling that are given: `skip_policy`, `skip_needs_reason`, `reopen_minutes`,
    `most_per_person` (None: no cap). Raises `Invalid`.
    """
    policy = rules.get("skip_policy")
    if policy is not None and policy not in SkipPolicy.values:
        raise Invalid(f"A skip policy is one of {', '.join(SkipPolicy.values)}.", field="skip_policy")
    minutes = rules.get("reopen_minutes")
    if minutes is not None and not 0 <= minutes <= MOST_REOPEN_MINUTES:
        raise Invalid(
            f"Answers can be undone for 0 to {MOST_REOPEN_MINUTES} minutes.", field="reopen_minutes"
        )
    most = rules.get("most_per_person")
    if most is not None and not 1 <= most <= MOST_PER_PERSON:
        raise Invalid("A cap is 1 answer or more; leave it empty for none.", field="most_per_person")
    unknown = set(rules) - {"skip_policy", "skip_needs_reason", "reopen_minutes", "most_per_person"}
    if unknown:
        raise TypeError(f"no rule of a project: {', '.join(sorted(unknown))}")
    return {name: value for name, value in rules.items() if value is not None or name == "most_per_person"}
