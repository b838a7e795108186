"""`manage.py seed_demo`: fills an empty demo and writes `demo.json` as its last act."""

import json
import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ringfence.demo.seed import seed
from tenants.gate.places import has_operator


class Command(BaseCommand):
    """Seed the demo, once."""

    help = "Make the demo's workspaces, people and items. Mode demo only."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed, then write the file that says it is done. Raises CommandError."""
        if settings.MODE != "demo":
            raise CommandError("seed_demo runs with RINGFENCE_MODE=demo only: its passwords are known.")
        target = settings.VAR / "demo.json"
        if target.exists():
            self.stdout.write("the demo is seeded already")
            return
        if has_operator():
            raise CommandError("half a demo is left from an interrupted start: make reset, then make demo")
        found = seed(settings.BASE_URL)
        fresh = target.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(found, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
        self.stdout.write(f"seeded {len(found['tenants'])} workspaces and {len(found['people'])} people")
