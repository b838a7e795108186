"""Which time-stamping authority is asked and trusted, from the settings. Without an address nothing is stamped."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.x509 import Certificate
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from audit.timestamps.tokens import parse_roots


@dataclass(frozen=True, slots=True)
class Authority:
    """Where to ask, and the roots that a time-stamp must lead to."""

    url: str
    roots: Sequence[Certificate]


def authority() -> Authority | None:
    """Return the configured authority, or None without an address. Raises `ImproperlyConfigured`."""
    if not settings.TSA_URL:
        return None
    roots = trusted_roots()
    if not roots:
        raise ImproperlyConfigured(
            "RINGFENCE_TSA_ROOTS names the PEM file of roots that time-stamps must lead to"
        )
    return Authority(settings.TSA_URL, roots)


def trusted_roots() -> Sequence[Certificate]:
    """Return the roots in the operator's file, none without one. Raises `ImproperlyConfigured`.

    Roots of authorities that were asked in former years stay in it, or what they stamped cannot be checked.
    """
    if not settings.TSA_ROOTS:
        return ()
    try:
        return parse_roots(Path(settings.TSA_ROOTS).read_bytes())
    except (OSError, ValueError) as trouble:
        raise ImproperlyConfigured(f"RINGFENCE_TSA_ROOTS: {trouble}") from trouble
