"""Take the pin file in the first run: without it no later proof is anchored."""

from django.utils import timezone

from audit.services.pin_file import PinFile, pin_file
from ringfence.kernel.context import TenantContext
from tenants.models import Profile


def take_pin(context: TenantContext) -> PinFile:
    """Return the pin file, delivered and recorded, and remember that an owner has taken it. Raises `LogNotSigned`."""
    pin = pin_file(context)
    profile = Profile.objects.select_for_update().get()
    if profile.pin_taken_at is None:
        profile.pin_taken_at = timezone.now()
        profile.save(update_fields=["pin_taken_at"])
    return pin
