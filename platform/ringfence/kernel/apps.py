"""The kernel as a Django app: it brings the checks, the bootstrap command and the version floor."""

from django.apps import AppConfig
from django.contrib.auth.checks import check_user_model
from django.core.checks.registry import registry
from django.db.backends.signals import connection_created


class KernelConfig(AppConfig):
    """Lowest room that knows Django."""

    name = "ringfence.kernel"
    label = "kernel"

    def ready(self) -> None:
        """Hold the version floor at each first connection, and register the checks."""
        from ringfence.kernel import checks, database  # noqa: F401 - checks need a ready registry

        # It makes a user to look at it, and a member cannot be made outside a unit of work. Every command
        # and every Celery process runs the checks before anything else.
        registry.registered_checks.discard(check_user_model)
        connection_created.connect(database.hold_version_floor)
