"""Probes by enumeration: each module of `probes` asks one question and brings its own violations."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType

from tenants.isolation import probes
from tenants.isolation.findings import Finding
from tenants.isolation.target import Target


class NotAProbe(Exception):
    """A module of `probes` does not ask a question, or could not fail. The check refuses to run."""


@dataclass(frozen=True, slots=True)
class Plant:
    """One way to take a wall down, in the shadow.

    Attributes:
        name: short and stable; with the probe's id it names the wall, as in `DB-02/unforced`.
        words: what is done to the wall, for someone who is not an engineer.
        act: takes the wall down; the transaction, and `target.undo`, put it back.
    """

    name: str
    words: str
    act: Callable[[Target], None] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Probe:
    """One question about the walls.

    Attributes:
        id: the catalogue's, for example `DB-02`.
        title: the question as a statement, in one line.
        proves: what a pass means, for someone who is not an engineer.
        detect: answers it on live walls and in the shadow alike.
        plants: violations that `detect` must find. Never empty.
        seeded: whether rows of the canaries are needed.
        driven: whether it judges a drive of all routes, which such probes share.
    """

    id: str
    title: str
    proves: str
    detect: Callable[[Target], Finding] = field(repr=False)
    plants: tuple[Plant, ...]
    seeded: bool
    driven: bool

    def wall(self, plant: Plant) -> str:
        """Return the name of the wall that `plant` takes down."""
        return f"{self.id}/{plant.name}"


@cache
def all_probes() -> tuple[Probe, ...]:
    """Return every probe, in order of id. Raises `NotAProbe`."""
    found = [
        probe_of(importlib.import_module(f"{probes.__name__}.{module.name}"))
        for module in pkgutil.iter_modules(probes.__path__)
    ]
    return tuple(sorted(found, key=lambda probe: probe.id))


def probe_of(module: ModuleType) -> Probe:
    """Read one module. Raises `NotAProbe` when a part is missing, or when nothing is planted."""
    for name in ("ID", "TITLE", "PROVES", "detect"):
        if not getattr(module, name, None):
            raise NotAProbe(f"{module.__name__} has no {name}")
    plants: tuple[Plant, ...] = tuple(getattr(module, "PLANTS", ()))
    if not plants:
        raise NotAProbe(f"{module.ID} plants nothing, so nobody knows whether it can fail")
    if len({plant.name for plant in plants}) != len(plants):
        raise NotAProbe(f"{module.ID} has two plants of one name")
    return Probe(
        module.ID,
        module.TITLE,
        module.PROVES,
        module.detect,
        plants,
        seeded=getattr(module, "SEEDED", True),
        driven=getattr(module, "DRIVEN", False),
    )


def chosen(only: Iterable[str] = ()) -> tuple[Probe, ...]:
    """Return the probes with these ids, all of them for none. Raises LookupError for an unknown id."""
    wanted = {name.upper() for name in only}
    unknown = wanted - {probe.id for probe in all_probes()}
    if unknown:
        raise LookupError(f"no such check: {', '.join(sorted(unknown))}")
    return tuple(probe for probe in all_probes() if not wanted or probe.id in wanted)


def wall_named(name: str) -> tuple[Probe, Plant]:
    """Return the probe and the plant behind a wall's name. Raises LookupError."""
    for probe in all_probes():
        for plant in probe.plants:
            if probe.wall(plant) == name:
                return probe, plant
    raise LookupError(f"no such wall: {name}")
