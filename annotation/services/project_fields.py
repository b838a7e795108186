"""The rules of a project's own fields, one function each."""

from annotation.values import MOST_WANTED_ANSWERS
from ringfence.kernel.errors import Invalid

MOST_NAME = 120
MOST_LEASE_MINUTES = 24 * 60


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
