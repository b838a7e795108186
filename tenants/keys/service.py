"""The configured key service: where customers' keys live. Adapters stand behind one port."""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ringfence.crypto.bounded_keys import BoundedKeyService
from ringfence.crypto.local_keys import LocalKeyService


@cache
def key_service() -> BoundedKeyService:
    """Return this process's key service; no call takes longer than 5 s.

    Raises ImproperlyConfigured when none is configured.
    """
    if settings.KEY_SERVICE == "local":
        if not settings.LOCAL_KEYS:
            raise ImproperlyConfigured("Set RINGFENCE_LOCAL_KEYS to the directory of the local key service.")
        return BoundedKeyService(LocalKeyService(Path(settings.LOCAL_KEYS)))
    raise ImproperlyConfigured(
        f"RINGFENCE_KEY_SERVICE is {settings.KEY_SERVICE!r}; this version has `local` only (demo and test)."
    )
