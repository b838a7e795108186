"""Tenants as a Django app: members, keys, profile and isolation reports, all in the cell."""

from importlib import import_module
from pathlib import Path

from django.apps import AppConfig

from ringfence.kernel.registry import BOOTSTRAP

SCHEMA = Path(__file__).parent / "isolation" / "schema"


class TenantsConfig(AppConfig):
    """People, roles, gate, keys, neutrality, isolation checks."""

    name = "tenants"

    def ready(self) -> None:
        """Register canaries and example requests, and the script of the census, which needs the log's tables."""
        BOOTSTRAP.extend(path for path in sorted(SCHEMA.glob("*.sql")) if path not in BOOTSTRAP)
        import_module("tenants.isolation.doors")
        import_module("tenants.isolation.examples")
        import_module("tenants.isolation.policy_examples")
        import_module("tenants.isolation.report_examples")
        import_module("tenants.isolation.attesting_examples")
        import_module("tenants.isolation.bundle_examples")
        import_module("tenants.isolation.webhook_canaries")
