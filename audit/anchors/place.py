"""Where anchors go, from the settings. Without a bucket nothing is anchored, and nothing says it is."""

from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from audit.anchors.bucket import Place

SHORTEST_DAYS, LONGEST_DAYS = 1, 36_500


def anchor_place() -> Place | None:
    """Return the bucket, or None where none is configured. Raises `ImproperlyConfigured`."""
    if not settings.ANCHOR_BUCKET:
        return None
    days = settings.ANCHOR_DAYS
    if not days.isascii() or not days.isdecimal() or not SHORTEST_DAYS <= int(days) <= LONGEST_DAYS:
        raise ImproperlyConfigured(
            f"RINGFENCE_ANCHOR_DAYS says for how many days anchors are kept, {SHORTEST_DAYS} to {LONGEST_DAYS}"
        )
    return _place(settings.ANCHOR_KEYS, int(days))


def reading_place() -> Place | None:
    """Return the bucket for whoever only reads there, or None where none is configured.

    Raises `ImproperlyConfigured` where this process was given the key that writes: the signer must not have it.
    """
    if not settings.ANCHOR_BUCKET:
        return None
    if settings.ANCHOR_KEYS:
        raise ImproperlyConfigured(
            "RINGFENCE_ANCHOR_KEYS writes to the bucket and is not for this process: RINGFENCE_ANCHOR_READ_KEYS"
        )
    return _place(settings.ANCHOR_READ_KEYS, 0)


def recovering_place() -> Place | None:
    """Return the bucket for what reads a log back, with whichever key this process has; the one that reads goes first.

    None where none is configured.
    """
    return _place(settings.ANCHOR_READ_KEYS or settings.ANCHOR_KEYS, 0) if settings.ANCHOR_BUCKET else None


def _place(keys: str, days: int) -> Place:
    return Place(
        endpoint=settings.ANCHOR_ENDPOINT,
        bucket=settings.ANCHOR_BUCKET,
        days=days,
        region=settings.ANCHOR_REGION,
        keys=Path(keys) if keys else None,
    )
