"""What earlier runs saw of each log: a later run notices a history that was rewritten as a whole."""

import json
import os
from pathlib import Path
from uuid import UUID

from django.conf import settings

Pins = dict[UUID, tuple[int, bytes]]
"""Tenant -> (size, root) of its log."""


def pin_file() -> Path | None:
    """Return where the checker keeps its pins: beside its own key, where no other process writes."""
    return Path(settings.SHADOW_KEY_FILE).with_name("pins.json") if settings.SHADOW_KEY_FILE else None


def read_pins() -> Pins:
    """Return what earlier runs saw; nothing before the first one."""
    path = pin_file()
    if path is None or not path.exists():
        return {}
    kept: dict[str, list[str]] = json.loads(path.read_text())
    return {UUID(tenant): (int(size), bytes.fromhex(root)) for tenant, (size, root) in kept.items()}


def write_pins(pins: Pins) -> None:
    """Keep what this run saw, 0600, in one step."""
    path = pin_file()
    if path is None:
        return
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump({str(tenant): [str(size), root.hex()] for tenant, (size, root) in pins.items()}, file)
    fresh.replace(path)
