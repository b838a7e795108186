"""Take one wall down in the shadow, step by step, for somebody to watch. Live walls are never touched."""

from collections.abc import Callable, Mapping
from typing import Any

from tenants.isolation.places import CannotRun
from tenants.isolation.probe import wall_named
from tenants.isolation.runner import Shadow

Story = dict[str, Any]


def break_wall(wall: str, progress: Callable[[Mapping[str, Any]], None] = lambda story: None) -> Story:
    """Return what was seen before, while and after `wall` was down; tell `progress` of it as it happens.

    Raises LookupError for an unknown wall, and `CannotRun` when the shadow does not answer.
    """
    probe, plant = wall_named(wall)
    story: Story = {
        "format": "ringfence-isolation-break/1",
        "wall": wall,
        "check": probe.id,
        "title": probe.title,
        "proves": probe.proves,
        "words": plant.words,
        "turned_red": False,
        "steps": [],
    }
    shadow = Shadow(wall=wall)
    told = 0
    try:
        while shadow.wait(0.3):
            if len(shadow.told) > told:
                told = len(shadow.told)
                progress(_grown(story, shadow.told[:told]))
    finally:
        trouble = shadow.end()
    if trouble:
        raise CannotRun(trouble)
    return _grown(story, shadow.told)


def _grown(story: Story, told: list[dict[str, Any]]) -> Story:
    """Return the story with everything that the shadow has told so far."""
    steps = [each for each in told if "check" in each or "phase" in each]
    return story | {
        "steps": [each for each in steps if "check" in each],
        "phase": steps[-1]["phase"] if steps else "standing",
        "turned_red": any(each.get("turned_red") for each in told),
    }
