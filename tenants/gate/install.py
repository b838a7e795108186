"""Refuses to serve in production what was made for a demo or a test: its passwords and keys are known."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ringfence.kernel.database import control_database
from tenants.people.models import Tenant


def refuse_foreign_install() -> None:
    """Raise ImproperlyConfigured when a production process meets tenants of another mode, or a demo's file."""
    if settings.MODE != "production":
        return
    if (settings.VAR / "demo.json").exists():
        raise ImproperlyConfigured(
            f"{settings.VAR} holds demo.json: it is a demo's folder. Set RINGFENCE_VAR to a folder of production."
        )
    with control_database():
        foreign = Tenant.objects.exclude(made_in="production").count()
    if foreign:
        raise ImproperlyConfigured(
            f"The control database holds {foreign} workspaces made in a demo or test, with known passwords."
            " Start production on databases of its own: manage.py bootstrap, then manage.py migrate."
        )
