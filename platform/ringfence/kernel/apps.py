"""The kernel as a Django app: it brings the checks, the bootstrap command and the version floor."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class KernelConfig(AppConfig):
    """Lowest room that knows Django."""

    name = "ringfence.kernel"
    label = "kernel"

    def ready(self) -> None:
        """Hold the version floor at each first connection, and register the checks."""
        from ringfence.kernel import checks, database  # noqa: F401, PLC0415 - checks need a ready registry

        connection_created.connect(database.hold_version_floor)
