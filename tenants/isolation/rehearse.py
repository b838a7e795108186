"""Taking walls down in the shadow: each plant is planted, its probe must turn red, and quiet returns."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from django.conf import settings

from tenants.gate.canary_facts import forget_all
from tenants.isolation.findings import Finding, Planted, Rehearsal, Status
from tenants.isolation.probe import Plant, Probe
from tenants.isolation.target import Target, undone

RED = (Status.FAIL, Status.LEARNED)
"""What a plant must bring about."""


def ask(probe: Probe, target: Target) -> Finding:
    """Ask one question; a probe that breaks answers `error`, with the kind of what broke."""
    try:
        with _all_undone():
            return probe.detect(target)
    except Exception as error:
        return Finding(probe.id, 0, 0, trouble=_kind(error))


@contextmanager
def _all_undone() -> Iterator[None]:
    """Roll both databases back at the end, and let this process forget what it read of them meanwhile."""
    with ExitStack() as stack:
        stack.callback(forget_all)
        stack.enter_context(undone())
        if "control" in settings.DATABASES:
            stack.enter_context(undone("control"))
        yield


@contextmanager
def taken_down(plant: Plant, target: Target, *, enough: int = 0) -> Iterator[None]:
    """Take one wall down; the databases roll back and `target.undo` puts the rest back."""
    with _all_undone(), ExitStack() as stack:
        # No drive over standing walls tells of this one, and no drive of now tells of walls that stand again.
        stack.callback(setattr, target, "sharing", target.sharing)
        target.sharing, target.record = False, None
        target.undo = stack.enter_context(ExitStack())
        target.enough = enough
        target.undo.callback(setattr, target, "enough", 0)
        plant.act(target)
        yield


def rehearse(probe: Probe, target: Target) -> Rehearsal:
    """Plant each violation of one probe in the shadow. To be called inside `target.rehearsal`."""
    return next(rehearse_all([probe], target))


def rehearse_all(probes: Iterable[Probe], target: Target) -> Iterator[Rehearsal]:
    """Plant each violation of these probes in the shadow, then ask each without a plant; yield them as they end.

    Those that judge a drive of all routes come last: all their plants are planted, and all walls put back, before the
    one drive that shows them quiet. To be called inside `target.rehearsal`.
    """
    driven = []
    for probe in probes:
        planted = plant_each(probe, target)
        if probe.driven:
            driven.append((probe, planted))
        else:
            yield _rehearsed(probe, planted, target)
    with shared_drive(target):
        for probe, planted in driven:
            yield _rehearsed(probe, planted, target)


@contextmanager
def shared_drive(target: Target) -> Iterator[None]:
    """Let the probes that judge a drive of all routes share one. Inside a rehearsal."""
    target.sharing = True
    try:
        yield
    finally:
        target.sharing, target.record = False, None


def plant_each(probe: Probe, target: Target, over: Finding | None = None) -> tuple[Planted, ...]:
    """Plant each violation of one probe, and ask it; `over` is what it says without any."""
    return tuple(_planted(probe, plant, target, over) for plant in probe.plants)


def _rehearsed(probe: Probe, planted: tuple[Planted, ...], target: Target) -> Rehearsal:
    """Ask a probe over standing walls, after its plants: so it also shows that every wall was put back.

    Some walls are the whole server's, so a violation made there stands in the shadow too. The probe is
    then still sound if it says the same twice, and says more while a plant stands.
    """
    after = ask(probe, target)
    if after.status is Status.PASS:
        return Rehearsal(probe.id, planted, quiet=True)
    if after.status not in RED:
        return Rehearsal(probe.id, planted, quiet=False, trouble=f"without a plant: {_why(after)}")
    target.record = None  # twice is twice driven
    steady = _said(ask(probe, target)) == _said(after)
    planted = plant_each(probe, target, over=after)
    told = "; ".join(each.text for each in after.told[:5])
    return Rehearsal(probe.id, planted, steady, f"without a plant it is red in the shadow too: {told}")


def _planted(probe: Probe, plant: Plant, target: Target, over: Finding | None = None) -> Planted:
    """Plant one violation; it is detected when the probe fails, and says more than `over` where that failed."""
    wall = probe.wall(plant)
    known, known_count = _said(over) if over else (frozenset[str](), 0)
    try:
        with taken_down(plant, target, enough=known_count + 1):
            finding = ask(probe, target)
    except Exception as error:
        return Planted(wall, plant.words, False, trouble=_kind(error))
    said, count = _said(finding)
    detected = finding.status in RED and (count > known_count or bool(said - known))
    evidence = tuple(each.text for each in finding.told if each.text not in known)[:5]
    return Planted(wall, plant.words, detected, evidence, "" if detected else _why(finding))


def _said(finding: Finding) -> tuple[frozenset[str], int]:
    """Return what a finding says is wrong, and how much that is."""
    texts = frozenset(each.text for each in finding.told)
    return texts, len(finding.told) + finding.more


def _kind(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]


def _why(finding: Finding) -> str:
    return finding.trouble or f"{finding.status}; {'; '.join(finding.notes[:3])}"


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
                stack.enter_context(taken_down(plant, target, enough=1))
            for each in asked if phase != "restored" else [probe]:
                finding = ask(each, target)
                tell({"phase": phase, "title": each.title, **finding.as_json()})
                if each is probe and (finding.status in RED) != (phase == "taken-down"):
                    return False
    return True
