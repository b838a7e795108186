"""The log as a Django app: it brings its schema to the bootstrap, and its canaries to the checks."""

from importlib import import_module
from pathlib import Path

from django.apps import AppConfig

from ringfence.kernel.registry import BOOTSTRAP

SCHEMA = Path(__file__).parent / "schema"


class AuditConfig(AppConfig):
    """Events, Merkle log, checkpoints, proofs, verifier."""

    name = "audit"

    def ready(self) -> None:
        """Register the scripts of schema `audit`, in the order of their names, and the canaries."""
        BOOTSTRAP.extend(path for path in sorted(SCHEMA.glob("*.sql")) if path not in BOOTSTRAP)
        import_module("audit.isolation")
