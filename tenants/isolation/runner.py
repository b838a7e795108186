"""One run of the check: live probes here, plants in the shadow's process beside it."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tenants.isolation.findings import ExitCode, Finding, Rehearsal, exit_code
from tenants.isolation.places import shadow_environment
from tenants.isolation.probe import Probe
from tenants.isolation.rehearse import ask, shared_drive
from tenants.isolation.target import Target

PATIENCE_SECONDS = 900

Progress = Callable[[int, int], None]
"""(steps done, steps in all)"""


@dataclass(slots=True)
class Report:
    """What one run found, and how well its probes did in the shadow."""

    probes: tuple[Probe, ...]
    started_at: datetime
    findings: list[Finding] = field(default_factory=list)
    rehearsals: list[Rehearsal] = field(default_factory=list)
    milliseconds: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    trouble: str = ""

    @property
    def code(self) -> ExitCode:
        """How the run ends."""
        return exit_code(self.findings, self.rehearsals)

    @property
    def planted(self) -> int:
        """How many violations were planted."""
        return sum(len(each.planted) for each in self.rehearsals)

    @property
    def detected(self) -> int:
        """How many of them were found."""
        return sum(plant.detected for each in self.rehearsals for plant in each.planted)

    def as_json(self, reader: UUID | None = None) -> dict[str, Any]:
        """Return plain JSON for a reader in one tenant, or for the operator (None)."""
        rehearsals = {each.check: each for each in self.rehearsals}
        findings = {each.check: each for each in self.findings}
        checks = []
        for probe in self.probes:
            finding = findings.get(probe.id) or Finding(probe.id, 0, 0, trouble="it was not asked")
            rehearsal = rehearsals.get(probe.id) or Rehearsal(probe.id, (), False, "it was not rehearsed")
            checks.append(
                {
                    **finding.as_json(reader),
                    "title": probe.title,
                    "proves": probe.proves,
                    "ms": self.milliseconds.get(probe.id, 0),
                    "sound": rehearsal.sound,
                    "rehearsal": rehearsal.as_json(),
                }
            )
        return {
            "format": "ringfence-isolation-report/1",
            "started_at": self.started_at.isoformat(),
            "seconds": round(self.seconds, 1),
            "exit_code": int(self.code),
            "verdict": self.code.name.lower().replace("_", " "),
            "planted": self.planted,
            "detected": self.detected,
            "trouble": self.trouble,
            "checks": checks,
        }


def run_check(
    target: Target, probes: Sequence[Probe], progress: Progress = lambda done, total: None
) -> Report:
    """Ask every probe of the live cell while the shadow's process plants. Raises `CannotRun`."""
    began = time.monotonic()
    report = Report(tuple(probes), datetime.now(UTC))
    total = 2 * len(probes)
    shadow = Shadow([probe.id for probe in probes])
    try:
        for group in _groups(probes):
            start = time.monotonic()
            with target.rehearsal(seeded=group[0].seeded), shared_drive(target):
                for probe in group:
                    report.findings.append(ask(probe, target))
                    now = time.monotonic()
                    report.milliseconds[probe.id] = round((now - start) * 1000)
                    start = now
                    progress(len(report.findings) + len(shadow.told), total)
        while shadow.wait(0.5):
            progress(len(report.findings) + len(shadow.told), total)
    finally:
        report.trouble = shadow.end()
    report.rehearsals = [
        Rehearsal.from_json(each["rehearsal"]) for each in shadow.told if "rehearsal" in each
    ]
    report.seconds = time.monotonic() - began
    progress(total, total)
    return report


def _groups(probes: Sequence[Probe]) -> Iterator[list[Probe]]:
    """Yield each probe by itself, for a transaction of its own; then those that judge one drive of all routes."""
    yield from ([probe] for probe in probes if not probe.driven)
    driven = [probe for probe in probes if probe.driven]
    if driven:
        yield driven


class Shadow:
    """The shadow's process: it prints one JSON line for each thing it has to tell."""

    def __init__(self, only: Sequence[str] = (), wall: str = "") -> None:
        self.told: list[dict[str, Any]] = []
        self._until = time.monotonic() + PATIENCE_SECONDS
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `end`
        command = [sys.executable, "-m", "django", "isolation_shadow"]
        command += ["--wall", wall] if wall else [part for each in only for part in ("--only", each)]
        self._process = subprocess.Popen(  # noqa: S603 - our own command, no shell
            command,
            env=shadow_environment(),
            cwd=os.getcwd(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait(self, seconds: float) -> bool:
        """Wait a little; say whether the process still has something to tell."""
        self._reader.join(seconds)
        if time.monotonic() > self._until:
            self._process.kill()
        return self._reader.is_alive()

    def end(self) -> str:
        """End the process; return what went wrong with it, or nothing."""
        if self._reader.is_alive():
            self._process.terminate()
        code = self._process.wait(PATIENCE_SECONDS)
        self._reader.join(5)
        self._errors.seek(0)
        last = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        self._errors.close()
        return (
            "" if code == 0 else f"the shadow's process ended with {code}: {last[-1] if last else 'no word'}"
        )

    def _read(self) -> None:
        for line in self._process.stdout or ():
            if line.startswith("{"):
                self.told.append(json.loads(line))
