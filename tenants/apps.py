"""Tenants as a Django app: members, keys, profile and isolation reports, all in the cell."""

from importlib import import_module

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """People, roles, gate, keys, neutrality, isolation checks."""

    name = "tenants"

    def ready(self) -> None:
        """Register canaries and example requests."""
        import_module("tenants.isolation.examples")
