"""Each probe: quiet over standing walls, red over each of its plants, never green over nothing."""

import importlib
import itertools
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from ringfence.kernel.registry import CanaryRows
from tenants.isolation import probes
from tenants.isolation.findings import Evidence, Finding, Rehearsal, Status
from tenants.isolation.probe import NotAProbe, Probe, all_probes, chosen, probe_of, wall_named
from tenants.isolation.rehearse import ask, rehearse, rehearse_all, show_break
from tenants.isolation.target import Target

EVERY = [pytest.param(probe, id=probe.id) for probe in all_probes()]
DEAR = {"PE-07"}
"""It calls routes many times, to time them; the officer's run in the journeys rehearses it too."""
REHEARSED = [
    pytest.param(probe, id=probe.id, marks=pytest.mark.long if probe.id in DEAR else ())
    for probe in all_probes()
]
POPULATIONS = (
    "all_tables", "tenant_tables", "tenant_models", "sealed_columns", "references", "cells", "tenant_routes",
    "every_route_declares_who_may", "cases", "policies", "histories", "logs", "hosts", "visits",
)  # fmt: skip


@pytest.fixture(scope="module")
def rehearsals(shadow: Target) -> dict[str, Rehearsal]:
    """What a run does in the shadow: every plant of every probe, then each probe over standing walls."""
    quick = [probe for probe in all_probes() if probe.id not in DEAR]
    return {each.check: each for each in rehearse_all(quick, shadow)}


@pytest.mark.parametrize("probe", REHEARSED)
def test_a_probe_finds_each_of_its_plants_and_nothing_else(
    probe: Probe, shadow: Target, rehearsals: dict[str, Rehearsal]
) -> None:
    rehearsal = rehearsals.get(probe.id) or rehearse(probe, shadow)

    assert {plant.wall: plant.trouble for plant in rehearsal.planted if not plant.detected} == {}
    assert rehearsal.trouble == ""
    assert rehearsal.sound
    assert len(rehearsal.planted) == len(probe.plants)


class Blind(Target):
    """A target with nothing in it."""

    def ask(self, sql: str, params: Any = ()) -> list[tuple[Any, ...]]:
        return []

    def run(self, sql: str, params: Any = ()) -> int:
        return 0

    def tell(self, token: str) -> None:
        return None

    def rows(self, context: Any) -> CanaryRows:
        return CanaryRows()

    @contextmanager
    def as_app(self, context: Any) -> Iterator[None]:
        yield


@pytest.mark.parametrize("probe", EVERY)
def test_a_probe_that_finds_nothing_to_examine_does_not_pass(
    probe: Probe, shadow: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module(probe.detect.__module__)
    for name in POPULATIONS:
        if hasattr(module, name):
            monkeypatch.setattr(module, name, lambda *_: [])
    monkeypatch.setattr(module, "PAIRS", (), raising=False)
    if hasattr(module, "checks"):
        monkeypatch.setattr(module.checks, "every_model_is_isolated", lambda _: [])
        monkeypatch.setattr(module.checks, "every_tenant_model_has_a_canary", lambda _: [])
    blind = Blind(
        shadow.place, shadow.canaries, shadow.tenants, shadow.known, shadow.owners, app_role=shadow.app_role
    )

    finding = ask(probe, blind)

    assert finding.status is not Status.PASS
    assert finding.violations == () or probe.id == "PR-03"


def test_a_module_that_could_not_fail_is_no_probe() -> None:
    module = ModuleType("without_plants")
    module.__dict__.update(ID="X-1", TITLE="t", PROVES="p", detect=lambda target: None)

    with pytest.raises(NotAProbe, match="plants nothing"):
        probe_of(module)


def test_every_module_of_the_folder_is_a_probe() -> None:
    modules = {m.name.upper().replace("_", "-") for m in pkgutil.iter_modules(probes.__path__)}
    assert modules == {probe.id for probe in all_probes()}
    assert len(modules) >= 23


def test_names_of_walls_fit_their_column_and_lead_back() -> None:
    for probe in all_probes():
        for plant in probe.plants:
            assert len(probe.wall(plant)) <= 32
            assert wall_named(probe.wall(plant)) == (probe, plant)


def test_an_unknown_check_or_wall_is_said_so() -> None:
    with pytest.raises(LookupError, match="XX-99"):
        chosen(["XX-99"])
    with pytest.raises(LookupError, match="DB-02/nothing"):
        wall_named("DB-02/nothing")


PROBE = next(probe for probe in all_probes() if probe.id == "DB-02")


def test_a_detector_that_always_passes_is_found_out(shadow: Target) -> None:
    blunt = replace(PROBE, detect=lambda target: Finding("DB-02", 1, 1))
    assert not rehearse(blunt, shadow).sound


def test_a_detector_that_always_fails_is_found_out(shadow: Target) -> None:
    shrill = replace(PROBE, detect=lambda target: Finding("DB-02", 1, 1, (Evidence("always"),)))
    rehearsal = rehearse(shrill, shadow)
    assert not any(plant.detected for plant in rehearsal.planted)
    assert not rehearsal.sound


def test_a_detector_that_fails_in_ever_other_words_is_found_out(shadow: Target) -> None:
    words = itertools.count()
    noisy = replace(PROBE, detect=lambda target: Finding("DB-02", 1, 1, (Evidence(str(next(words))),)))
    assert not rehearse(noisy, shadow).sound


def test_a_violation_of_the_whole_server_leaves_a_probe_sound(shadow: Target) -> None:
    def with_one_more(target: Target) -> Finding:
        found = PROBE.detect(target)
        return replace(found, violations=(Evidence("made by hand"), *found.violations))

    rehearsal = rehearse(replace(PROBE, detect=with_one_more), shadow)
    assert rehearsal.sound
    assert all("made by hand" not in plant.evidence for plant in rehearsal.planted)


def test_a_detector_that_breaks_is_found_out(shadow: Target) -> None:
    def broken(target: Target) -> Finding:
        raise KeyError("gone")

    rehearsal = rehearse(replace(PROBE, detect=broken), shadow)
    assert not rehearsal.sound
    assert all("KeyError" in plant.trouble for plant in rehearsal.planted)


def test_a_wall_that_is_taken_down_turns_its_check_red_and_is_put_back(shadow: Target) -> None:
    probe, plant = wall_named("DB-02/unforced")
    told: list[dict[str, Any]] = []

    assert show_break(probe, plant, chosen(["DB-03", "DB-14"]), shadow, told.append)

    seen = [(step["phase"], step["check"], step["status"]) for step in told if "check" in step]
    assert ("taken-down", "DB-02", "fail") in seen
    assert ("taken-down", "DB-14", "pass") in seen
    assert seen[-1] == ("restored", "DB-02", "pass")
    assert ask(probe, shadow).status is Status.PASS


def test_a_wall_that_nobody_notices_is_told_so(shadow: Target) -> None:
    probe, plant = wall_named("DB-02/unforced")
    harmless = replace(plant, act=lambda target: None)
    assert not show_break(probe, harmless, (), shadow, lambda step: None)
