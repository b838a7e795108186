"""What earlier runs saw of each log: a later run notices a history that was rewritten as a whole."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Seen:
    """The head of a log that a run saw, and the log's name; a file of an older version has no names."""

    size: int
    root: bytes
    origin: str = ""


Pins = dict[UUID, Seen]
"""Tenant -> what was seen of its log."""


def pin_file() -> Path | None:
    """Return where the checker keeps its pins: beside its own key, where no other process writes."""
    return Path(settings.SHADOW_KEY_FILE).with_name("pins.json") if settings.SHADOW_KEY_FILE else None


def read_pins() -> Pins:
    """Return what earlier runs saw; nothing before the first one."""
    path = pin_file()
    if path is None or not path.exists():
        return {}
    kept: dict[str, list[str]] = json.loads(path.read_text())
    return {
        UUID(tenant): Seen(int(size), bytes.fromhex(root), *origin)
        for tenant, (size, root, *origin) in kept.items()
    }


def write_pins(pins: Pins) -> None:
    """Keep what this run saw, 0600, in one step."""
    path = pin_file()
    if path is None:
        return
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        kept = {str(tenant): [str(seen.size), seen.root.hex(), seen.origin] for tenant, seen in pins.items()}
        json.dump(kept, file)
    fresh.replace(path)
