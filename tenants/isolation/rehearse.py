"""Taking walls down in the shadow: each plant is planted, its probe must turn red, and quiet returns."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from tenants.isolation.findings import Finding, Planted, Rehearsal, Status
from tenants.isolation.probe import Plant, Probe
from tenants.isolation.target import Target, undone


def ask(probe: Probe, target: Target) -> Finding:
    """Ask one question; a probe that breaks answers `error`, with the kind of what broke."""
    try:
        with undone():
            return probe.detect(target)
    except Exception as error:
        return Finding(probe.id, 0, 0, trouble=f"{type(error).__name__}: {error}".splitlines()[0][:300])


@contextmanager
def taken_down(plant: Plant, target: Target) -> Iterator[None]:
    """Take one wall down; the database rolls back and `target.undo` puts the rest back."""
    with undone(), ExitStack() as stack:
        target.undo = stack.enter_context(ExitStack())
        target.hurried = True
        target.undo.callback(setattr, target, "hurried", False)
        plant.act(target)
        yield


def rehearse(probe: Probe, target: Target) -> Rehearsal:
    """Plant each violation of one probe in the shadow. To be called inside `target.rehearsal`."""
    planted = tuple(_planted(probe, plant, target) for plant in probe.plants)
    # Afterwards, so that it also shows that every wall was put back.
    last = ask(probe, target)
    quiet = last.status is Status.PASS
    return Rehearsal(probe.id, planted, quiet, "" if quiet else _loud(last))


def _planted(probe: Probe, plant: Plant, target: Target) -> Planted:
    wall = probe.wall(plant)
    try:
        with taken_down(plant, target):
            finding = ask(probe, target)
    except Exception as error:
        return Planted(
            wall, plant.words, False, trouble=f"{type(error).__name__}: {error}".splitlines()[0][:300]
        )
    detected = finding.status is Status.FAIL
    evidence = tuple(each.text for each in finding.violations[:5])
    return Planted(wall, plant.words, detected, evidence, "" if detected else _why(finding))


def _why(finding: Finding) -> str:
    return finding.trouble or f"{finding.status}; {'; '.join(finding.notes[:3])}"


def _loud(finding: Finding) -> str:
    told = [each.text for each in finding.violations[:5]] or [_why(finding)]
    return f"over standing walls it says {finding.status}: {'; '.join(told)}"


Tell = Callable[[dict[str, Any]], None]


def show_break(probe: Probe, plant: Plant, others: Sequence[Probe], target: Target, tell: Tell) -> bool:
    """Take one wall down for somebody to watch: ask all probes before, during and after.

    Returns whether the wall's own probe turned red, and everything was quiet again afterwards.
    """
    asked = [probe, *(other for other in others if other.id != probe.id)]
    for phase in ("standing", "taken-down", "restored"):
        tell({"phase": phase, "wall": probe.wall(plant), "words": plant.words})
        with ExitStack() as stack:
            if phase == "taken-down":
                stack.enter_context(taken_down(plant, target))
            for each in asked if phase != "restored" else [probe]:
                finding = ask(each, target)
                tell({"phase": phase, "title": each.title, **finding.as_json()})
                if each is probe and (finding.status is Status.FAIL) != (phase == "taken-down"):
                    return False
    return True
