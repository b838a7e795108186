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
    return Place(
        endpoint=settings.ANCHOR_ENDPOINT,
        bucket=settings.ANCHOR_BUCKET,
        days=int(days),
        region=settings.ANCHOR_REGION,
        keys=Path(settings.ANCHOR_KEYS) if settings.ANCHOR_KEYS else None,
    )
